import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

/** Imports one subpath in a process of its own and tells which parts of this package and which other packages it loaded. */
async function loadedBy(subpath: string): Promise<{ parts: string[]; packages: string[] }> {
  const script = `
    import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
    await import("@antiphon/patterns/${subpath}");
    const part = (url) => /\\/patterns\\/src\\/([a-z]+)\\//.exec(url)?.[1];
    const name = (url) => /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url)?.[1];
    const unique = (list) => [...new Set(list.filter((each) => each !== undefined))].sort();
    console.log(JSON.stringify({ parts: unique(urls.map(part)), packages: unique(urls.map(name)) }));
  `;
  const flags = ["--conditions=@antiphon/source", "--disable-warning=ExperimentalWarning", "--input-type=module"];
  const { stdout } = await run(process.execPath, [...flags, "--eval", script], { cwd: root });
  return JSON.parse(stdout) as { parts: string[]; packages: string[] };
}

test.each([
  ["context", ["context"], []],
  ["di", ["di"], []],
  ["events", ["events"], []],
  ["factory", ["di", "factory"], []],
  ["errors", ["errors"], ["zod"]],
  ["config", ["config", "errors"], ["zod"]],
  ["health", ["health", "resilience"], []],
  ["profiling", ["profiling"], []],
  ["tracing", ["tracing"], ["@opentelemetry/api"]],
  ["testing", ["config", "testing"], ["zod"]],
])("%s loads only itself and what it is built on", async (subpath, parts, packages) => {
  expect(await loadedBy(subpath)).toEqual({ parts, packages });
});

test.each([
  // An error's context is read where the line is written.
  ["logging", "pino", ["errors", "logging"]],
  ["metrics", "prom-client", ["metrics"]],
])("%s loads %s, and no zod", async (subpath, expected, ownParts) => {
  const { parts, packages } = await loadedBy(subpath);
  expect(parts).toEqual(ownParts);
  expect(packages).toContain(expected);
  expect(packages).not.toContain("zod");
});
