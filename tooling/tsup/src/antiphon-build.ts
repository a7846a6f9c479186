#!/usr/bin/env node
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "tsup";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  version: string;
  exports: Record<string, string | { "@antiphon/source"?: string }>;
};

// `./src/discord/index.ts` becomes the entry `discord/index`, so that dist mirrors src and declarations land beside it.
const entry = Object.fromEntries(
  Object.values(manifest.exports)
    .map((target) => (typeof target === "string" ? undefined : target["@antiphon/source"]))
    .filter((source) => source !== undefined)
    .map((source) => [source.replace(/^\.\/src\//, "").replace(/\.ts$/, ""), source]),
);

rmSync("dist", { recursive: true, force: true });
await build({
  entry,
  format: "esm",
  target: "node22",
  platform: "node",
  splitting: true,
  sourcemap: true,
  keepNames: true,
  // Some modules of Node have no other name: `sqlite` would be somebody's package.
  removeNodeProtocol: false,
  define: { ANTIPHON_PACKAGE_VERSION: JSON.stringify(manifest.version) },
  dts: false,
  silent: true,
  config: false,
});

// A project file of its own, outside src, because the package's tsconfig covers tests and benches too.
const project = join("node_modules", ".cache", "antiphon", "tsconfig.json");
mkdirSync(dirname(project), { recursive: true });
writeFileSync(
  project,
  JSON.stringify({
    extends: "../../../tsconfig.json",
    compilerOptions: {
      noEmit: false,
      emitDeclarationOnly: true,
      declarationMap: true,
      rootDir: "../../../src",
      outDir: "../../../dist",
      // Declarations of a package are checked against its neighbours' sources, but must not be emitted for them.
      customConditions: [],
    },
    include: ["../../../src"],
    exclude: ["../../../src/**/*.test.ts", "../../../src/**/*.test-d.ts", "../../../src/**/*.contract.ts"],
  }),
);
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
const result = spawnSync(process.execPath, [tsc, "-p", project], { stdio: "inherit" });
process.exitCode = result.status ?? 1;

// The compiler keeps `.ts` in the relative imports of declarations, where most tools look for `.js`.
for (const file of globSync("dist/**/*.d.ts")) {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replaceAll(/((?:from|import|import\() ?")(\.{1,2}\/[^"]+)\.ts"/g, '$1$2.js"'));
}
