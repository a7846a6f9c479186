import { expect, test } from "vitest";
import { checkPluginCode } from "./check-plugin-code.ts";
import { createPluginFirewall } from "./plugin-firewall.ts";

test("names each forbidden call in a readable line, without running it", () => {
  const firewall = createPluginFirewall();
  expect(firewall.validateCode(`import * as os from "os"; os.system("rm -rf /"); os.system("again")`)).toEqual([
    "Blocked import: os",
    "Blocked function call: system",
  ]);
  expect(firewall.validateCode(`throw new Error("it was run")`)).toEqual([]);
  expect(firewall.validateCode(`export default (query) => query.constructor.constructor("return process")()`)).toEqual([
    "Blocked property: constructor",
  ]);
});

test("finds calls, imports, properties and names where they stand, and nothing in what only looks like them", () => {
  const source = `import fs from "node:fs";
const run = eval("1");
new Function("return 1")();
a?.b.spawn();
x["__proto__"].y = process.env;
import("child_process"); import(name);
export { a } from "evil"; export * from "allowed";
system\`ls\`;`;
  expect(
    checkPluginCode(source, { allowedModules: ["allowed"] }).map(({ line, message }) => `${line} ${message}`),
  ).toEqual([
    "1 Blocked import: node:fs",
    "2 Blocked function call: eval",
    "3 Blocked function call: Function",
    "4 Blocked function call: spawn",
    "5 Blocked property: __proto__",
    "5 Blocked name: process",
    "6 Blocked import: child_process",
    "6 Blocked import: a name that is worked out",
    "7 Blocked import: evil",
    "8 Blocked function call: system",
  ]);
  const innocent = `// eval("1")
const o = { process: 1, eval() {}, "system": 2 }; class A { constructor() { this.process = o.process } }
/a+/.exec("aaa"); const text = "os.system('rm')";`;
  expect(checkPluginCode(innocent)).toEqual([]);
});

test("tells what it cannot parse, however deep it nests", () => {
  expect(checkPluginCode("const = 1")).toMatchObject([{ kind: "syntax", line: 1 }]);
  for (const opener of ["[", "(", "{", "`${", "a=>", "!", "new "]) {
    const findings = checkPluginCode(opener.repeat(50_000));
    expect(findings).toHaveLength(1);
    expect(findings[0]?.message).toMatch(/^Syntax error: /);
  }
  expect(checkPluginCode(`a${".b".repeat(20_000)}.system()`).map(({ message }) => message)).toEqual([
    "Blocked function call: system",
  ]);
});

test("bounds the findings and the length of the code", () => {
  expect(checkPluginCode("eval(1);".repeat(5_000))).toHaveLength(1_000);
  const firewall = createPluginFirewall({ maximumSourceLength: 10 });
  expect(() => firewall.validateCode("x".repeat(11))).toThrow("11 characters");
});

test("makes sandboxes that import the modules which were allowed", async () => {
  const firewall = createPluginFirewall({ timeoutMs: 20_000 });
  const plugin = `import { shout } from "custom_module"; export default (text) => shout(text)`;
  expect(firewall.validateCode(plugin)).toEqual(["Blocked import: custom_module"]);
  firewall.allowModule("custom_module", "export const shout = (text) => text.toUpperCase()");
  expect(firewall.allowedModules).toEqual(["custom_module"]);
  expect(firewall.validateCode(plugin)).toEqual([]);
  await using sandbox = firewall.createSandbox();
  expect((await sandbox.run(plugin, { arguments: ["hey"] })).value).toBe("HEY");
});

test(
  "guards the execution: what runs away is ended, and what looks around finds nothing",
  { timeout: 180_000 },
  async () => {
    await using sandbox = createPluginFirewall({ timeoutMs: 1_000 }).createSandbox();
    const endless = sandbox.run(`export default () => { for (;;) {} }`);
    await expect(endless).rejects.toMatchObject({ code: "SECURITY_SANDBOX_TIMED_OUT" });
    const prying = sandbox.run(`import os from "node:os"; export default () => os.hostname()`);
    await expect(prying).rejects.toMatchObject({ code: "SECURITY_SANDBOX_CODE_FAILED" });
    const escape = `export default () => (() => 0).constructor("return typeof process")()`;
    expect((await sandbox.run(escape)).value).toBe("undefined");
  },
);
