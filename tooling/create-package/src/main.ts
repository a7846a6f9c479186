import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createPackage, packageFloors } from "./create-package.ts";

const usage = `Usage: npm run create-package -- NAME --floor FLOOR "DESCRIPTION."

  NAME         kebab-case, without the scope
  --floor      one of ${packageFloors.join(", ")}
  DESCRIPTION  what the package is, as a sentence`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { floor: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  const [name, description] = positionals;
  if (values.help === true) console.log(usage);
  else if (name === undefined || description === undefined || values.floor === undefined) {
    console.error(usage);
    process.exitCode = 2;
  } else {
    const root = fileURLToPath(new URL("../../..", import.meta.url));
    for (const file of createPackage(root, { name, description, floor: values.floor })) console.log(`wrote ${file}`);
    console.log("Now run `.tools/node_modules/.bin/pnpm install`, then `npm test` and `npm run check`.");
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
