import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportEntry } from "../src/package-shape.ts";
import { readmeHeadings } from "../src/readme-shape.ts";
import { readWorkspace, type Workspace } from "../src/workspace.ts";

/** A small project in a temporary folder that holds every check, for tests that break one thing at a time. */
export interface TemporaryProject extends Disposable {
  readonly root: string;
  /** Writes files, by their path from the root, and reads the workspace again. */
  write(files: Readonly<Record<string, string | object>>): Workspace;
}

/** The manifest of a published package that has the right shape. */
function manifest(name: string, floor: string, more: Readonly<Record<string, unknown>> = {}): object {
  const { "@antiphon/source": source, ...published } = exportEntry("./src/index.ts");
  return {
    name: `@antiphon/${name}`,
    version: "0.0.0",
    description: "A package.",
    license: "MIT",
    type: "module",
    sideEffects: false,
    files: [
      "dist",
      "examples",
      "src",
      "!src/**/*.test.ts",
      "!src/**/*.test-d.ts",
      "!src/**/*.contract.ts",
      "!src/**/__fixtures__",
    ],
    exports: { ".": { "@antiphon/source": source, ...published } },
    publishConfig: { access: "public", exports: { ".": published } },
    scripts: { build: "antiphon-build" },
    engines: { node: ">=22.18" },
    antiphon: { floor },
    ...more,
  };
}

/** A README with every heading, and what goes below `Example`. */
export function readme(name: string, example = ""): string {
  const sections = readmeHeadings.map((heading) => `## ${heading}\n\n${heading === "Example" ? example : "None."}\n`);
  return `# @antiphon/${name}\n\nA package.\n\n${sections.join("\n")}`;
}

/** The files of a package that has the right shape. */
export function packageFiles(
  name: string,
  floor: string,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, string | object> {
  return {
    [`packages/${name}/package.json`]: manifest(name, floor, more),
    [`packages/${name}/tsconfig.json`]: "{}",
    [`packages/${name}/README.md`]: readme(name),
    [`packages/${name}/examples/one.ts`]: `// Shows one.\nimport { one } from "@antiphon/${name}";\n\nconsole.log(one);\n`,
    [`packages/${name}/src/index.ts`]: 'export { one } from "./one.ts";\n',
    [`packages/${name}/src/one.ts`]: "/** One. */\nexport const one: number = 1;\n",
    [`.changeset/${name}.md`]: `---\n"@antiphon/${name}": minor\n---\n\nA package.\n`,
  };
}

/** Makes a {@link TemporaryProject}; it borrows this project's installed tools. */
export function createTemporaryProject(): TemporaryProject {
  const root = mkdtempSync(join(tmpdir(), "antiphon-checks-"));
  symlinkSync(fileURLToPath(new URL("../../../node_modules", import.meta.url)), join(root, "node_modules"));
  return {
    root,
    write(files) {
      for (const [file, content] of Object.entries(files)) {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), typeof content === "string" ? content : JSON.stringify(content));
      }
      return readWorkspace(root);
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
