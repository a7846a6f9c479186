import { parseArgs } from "node:util";
import { describeService, findService, serviceNames } from "./find-service.ts";
import { installServices } from "./install-services.ts";

const usage = `Usage: npm run services -- [--list | --install]

  --list     shows which services are on this machine, and where (the default)
  --install  installs what is missing through apt-get (root on Debian), and lavaplayer through Maven`;

function list(): void {
  for (const name of serviceNames) {
    const { purpose, origin } = describeService(name);
    const place = findService(name) ?? `missing (${origin})`;
    console.log(`${name.padEnd(14)}${place.padEnd(50)}  for ${purpose}`);
  }
}

try {
  const { values } = parseArgs({
    options: { list: { type: "boolean" }, install: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) console.log(usage);
  else {
    if (values.install === true) await installServices();
    list();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
