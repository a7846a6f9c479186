import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Example } from "./example.ts";
import { isPublished, readText, type Workspace } from "./workspace.ts";

/** An example that is a block of a README. */
export interface ReadmeExample extends Example {
  readonly code: string;
}

/** The blocks of a README that are marked `ts`, with the line of the first line of code. */
export function extractExamples(text: string): { readonly line: number; readonly code: string }[] {
  return Array.from(text.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ({ index, 1: code = "" }) => ({
    line: text.slice(0, index).split("\n").length + 1,
    code,
  }));
}

/** The examples of all READMEs, to be written into the packages themselves, so that their imports resolve as the packages' own do. */
export function readmeExamples(workspace: Workspace): ReadmeExample[] {
  const readmes = workspace.packages
    .filter(isPublished)
    .map(({ folder }) => ({ readme: `${folder}/README.md`, folder }));
  // The root has no dependencies on packages; the reference bot has nearly all of them.
  readmes.push({ readme: "README.md", folder: "apps/bot" });
  return readmes
    .filter(({ readme }) => existsSync(join(workspace.root, readme)))
    .flatMap(({ readme, folder }) =>
      extractExamples(readText(workspace, readme)).map(({ line, code }) => {
        const prefix = readme === "README.md" ? "root-" : "";
        return {
          file: `${folder}/.readme-examples/${prefix}line-${line}.ts`,
          place: `${readme}:${line}`,
          placeOf: (lineOfCode: number) => `${readme}:${line + lineOfCode - 1}`,
          isProgram: false,
          code,
        };
      }),
    );
}
