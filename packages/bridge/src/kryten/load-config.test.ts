import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadKrytenConfig } from "./load-config.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "antiphon-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

const write = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};
const environment = { NATS_URL: "nats://bus:4222", PASSWORD: "it's: a #secret" };
const expected = {
  nats: { servers: ["nats://bus:4222"], password: "it's: a #secret" },
  channels: [{ channel: "lounge" }],
};

test("a JSON file is read with its variables", async () => {
  const path = await write(
    "config.json",
    '{"nats": {"servers": ["${NATS_URL}"], "password": "${PASSWORD}"}, "channels": [{"domain": "cytu.be", "channel": "lounge"}]}',
  );
  expect(await loadKrytenConfig(path, { environment })).toMatchObject(expected);
});

test("a YAML file is read with its variables, which cannot change its structure", async () => {
  const yaml =
    "nats:\n  servers: ['${NATS_URL}']\n  password: ${PASSWORD}\nchannels:\n  - {domain: cytu.be, channel: lounge}\n";
  for (const name of ["config.yaml", "config.yml"])
    expect(await loadKrytenConfig(await write(name, yaml), { environment })).toMatchObject(expected);
});

test("a file that is missing, broken or of another kind is named", async () => {
  const failing = [join(folder, "nowhere.json"), await write("broken.json", "{"), await write("x.toml", "a = 1")];
  for (const path of failing) {
    await expect(loadKrytenConfig(path)).rejects.toMatchObject({
      code: "BRIDGE_CONFIG_UNREADABLE",
      message: expect.stringContaining(path),
    });
  }
  const unset = await write("unset.json", '{"nats": {"servers": ["${ANTIPHON_SURELY_UNSET}"]}}');
  await expect(loadKrytenConfig(unset)).rejects.toMatchObject({ code: "KRYTEN_CONFIG_VARIABLE_UNSET" });
});
