import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const output = mkdtempSync(join(tmpdir(), "antiphon-decorators-"));
afterAll(() => rmSync(output, { recursive: true }));

test("stacked on a class and compiled, the patterns work as decorators", () => {
  const compiler = join(createRequire(import.meta.url).resolve("typescript/package.json"), "..", "bin", "tsc");
  const target = [
    "--target",
    "es2022",
    "--lib",
    "es2024,esnext.disposable",
    "--module",
    "nodenext",
    "--outDir",
    output,
  ];
  // The example is checked with the rest of the repository; here it is only turned into JavaScript.
  const emitOnly = ["--ignoreConfig", "--noCheck", "--skipLibCheck", "--rootDir", ".", "examples/decorators.ts"];
  execFileSync(process.execPath, [compiler, ...target, ...emitOnly], { cwd: root, stdio: "pipe" });
  const compiled = readFileSync(join(output, "examples", "decorators.js"), "utf8");
  // As text, because a file outside of the package would not find it by its name.
  const flags = ["--conditions=@antiphon/source", "--disable-warning=ExperimentalWarning", "--input-type=module"];
  const printed = execFileSync(process.execPath, [...flags, "--eval", compiled], { cwd: root, encoding: "utf8" });
  expect(JSON.parse(printed)).toEqual({
    served: "localhost:80/a",
    failed: "no path",
    heard: ["localhost hello"],
    looked: ["localhost:80/a", "localhost:80/a", "no path"],
    looks: 2,
    handled: ["no path", "no path"],
    measuredLooks: true,
    tries: ["refused", "RESILIENCE_CIRCUIT_OPEN"],
    stages: ["serving"],
    measured: true,
  });
});
