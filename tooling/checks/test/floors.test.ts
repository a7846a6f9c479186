import { afterEach, beforeEach, expect, test } from "vitest";
import { floorsCheck } from "../src/floors.ts";
import { createTemporaryProject, packageFiles, type TemporaryProject } from "./temporary-project.ts";

let project: TemporaryProject;

beforeEach(() => {
  project = createTemporaryProject();
  project.write({
    ...packageFiles("std", "base"),
    ...packageFiles("protocol", "contracts", { dependencies: { "@antiphon/std": "workspace:*" } }),
    ...packageFiles("rest", "clients"),
    ...packageFiles("gateway", "clients"),
    ...packageFiles("core", "composed", { dependencies: { "@antiphon/rest": "workspace:*" } }),
    ...packageFiles("sim", "world"),
  });
});

afterEach(() => {
  project[Symbol.dispose]();
});

async function problems(files: Parameters<TemporaryProject["write"]>[0]): Promise<readonly string[]> {
  return (await floorsCheck.run(project.write(files))).problems;
}

test("the arrows that are drawn are allowed", async () => {
  expect(await problems({ "packages/core/src/one.ts": 'export { one } from "@antiphon/rest";' })).toEqual([]);
});

test("an import of a neighbour on the same floor names the rule, the file and the line", async () => {
  const found = await problems({
    ...packageFiles("gateway", "clients", { dependencies: { "@antiphon/rest": "workspace:*" } }),
    "packages/gateway/src/one.ts":
      '// A comment.\nimport type { one } from "@antiphon/rest";\nexport type One = typeof one;',
  });
  expect(found).toHaveLength(2);
  expect(found[0]).toMatch(
    /^packages\/gateway\/package.json: dependency on @antiphon\/rest: gateway is on the floor "clients"/,
  );
  expect(found[1]).toMatch(
    /^packages\/gateway\/src\/one.ts:2 imports @antiphon\/rest: .*only protocol, std, web-socket \(rule 2: packages meet through ports/,
  );
});

test("the simulator may serve tests, but never what people install", async () => {
  const development = packageFiles("rest", "clients", { devDependencies: { "@antiphon/sim": "workspace:*" } });
  expect(await problems({ ...development, "packages/rest/test/x.test.ts": 'import "@antiphon/sim";' })).toEqual([]);
  const [inSource] = await problems({
    "packages/rest/src/one.ts": 'export const sim = await import("@antiphon/sim");',
  });
  expect(inSource).toContain("the simulator may only be a devDependency of a client");
  const [inManifest] = await problems(
    packageFiles("gateway", "clients", { peerDependencies: { "@antiphon/sim": "workspace:*" } }),
  );
  expect(inManifest).toContain("packages/gateway/package.json: dependency on @antiphon/sim");
});

test("an import must be among the dependencies, and stay out of other folders", async () => {
  const [undeclared] = await problems({ "packages/rest/src/one.ts": 'export { one } from "@antiphon/std";' });
  expect(undeclared).toContain("it is not in this package's dependencies");
  const [unknown] = await problems({ "packages/rest/src/one.ts": 'export { one } from "@antiphon/nowhere";' });
  expect(unknown).toContain("there is no package @antiphon/nowhere");
  const [relative] = await problems({ "packages/rest/src/one.ts": 'export { one } from "../../std/src/one.ts";' });
  expect(relative).toContain("a relative import must stay in its package");
  expect(await problems({ "packages/rest/src/one.ts": 'export { two } from "@antiphon/rest";' })).toEqual([]);
});

test("a test may run the contract suite of a package that it knows", async () => {
  const suite = { "packages/rest/test/x.test.ts": 'import "../../sim/test/port.contract.ts";' };
  const [unknown] = await problems(suite);
  expect(unknown).toContain("the contract suite of @antiphon/sim needs @antiphon/sim among the devDependencies");
  const development = packageFiles("rest", "clients", { devDependencies: { "@antiphon/sim": "workspace:*" } });
  expect(await problems({ ...development, ...suite })).toEqual([]);
});

test("nothing imports the apps, not even a test", async () => {
  const [found] = await problems({
    "apps/bot/package.json": { name: "@antiphon/bot", private: true, antiphon: { floor: "apps" } },
    "packages/rest/test/x.test.ts": 'import "@antiphon/bot";',
  });
  expect(found).toContain('nothing imports the floor "apps"');
});

test("a floor that is none, and a circle of dependencies, are found", async () => {
  expect(await problems(packageFiles("rest", "attic"))).toEqual([
    expect.stringContaining("packages/rest/package.json: antiphon.floor must be one of base, transport, contracts"),
  ]);
  const [circle] = await problems({
    ...packageFiles("rest", "clients", { devDependencies: { "@antiphon/sim": "workspace:*" } }),
    ...packageFiles("sim", "world", { devDependencies: { "@antiphon/rest": "workspace:*" } }),
  });
  expect(circle).toMatch(/@antiphon\/(rest|sim) -> .*run in a circle/);
});

test("files of a package that import each other in a circle are found, types included", async () => {
  const [circle] = await problems({
    "packages/rest/src/one.ts": 'import { two } from "./two.ts";\nexport type One = typeof two;',
    "packages/rest/src/two.ts": 'export { three as two } from "./deep/three.ts";',
    "packages/rest/src/deep/three.ts": 'import type { One } from "../one.ts";\nexport const three: One = 3;',
  });
  expect(circle).toBe(
    "packages/rest/src/deep/three.ts -> packages/rest/src/one.ts -> packages/rest/src/two.ts -> packages/rest/src/deep/three.ts: these files import each other in a circle",
  );
});
