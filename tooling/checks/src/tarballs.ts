import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import type { Check } from "./check.ts";
import { moduleReferences } from "./module-syntax.ts";
import { runProgram } from "./run-program.ts";
import { isPublished, type WorkspacePackage } from "./workspace.ts";

/** We publish ES modules only, so what CommonJS and the resolution of Node 10 see is no fault. */
const ignoredResolutions = new Set(["node10", "node16-cjs"]);

async function lintPackage({ manifest }: WorkspacePackage, tarball: Uint8Array): Promise<string[]> {
  // publint reads the tarball from the buffer's own memory, which must therefore hold nothing else.
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
  return messages.map(
    (message) => `${manifest.name}: publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`,
  );
}

async function lintTypes({ manifest }: WorkspacePackage, tarball: Uint8Array): Promise<string[]> {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
  if (analysis.types === false) return [`${manifest.name}: attw: it has no types`];
  return analysis.problems
    .filter((problem) => !("resolutionKind" in problem && ignoredResolutions.has(problem.resolutionKind)))
    .filter((problem) => !("resolutionOption" in problem && problem.resolutionOption === "node10"))
    .map((problem) => `${manifest.name}: attw: ${JSON.stringify(problem)}`);
}

/** What the built modules of a package import must be there for whoever installs it: a build may have renamed something. */
export function lintImports({ folder, manifest }: WorkspacePackage, root: string): string[] {
  const { name, dependencies = {}, peerDependencies = {} } = manifest;
  const known = new Set([name, ...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
  return globSync("dist/**/*.js", { cwd: join(root, folder) }).flatMap((file) =>
    moduleReferences(file, readFileSync(join(root, folder, file), "utf8"))
      .map(({ specifier }) => specifier)
      .filter((specifier) => !/^(\.|node:)/.test(specifier))
      .filter((specifier) => !known.has(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier))
      .map((specifier) => `${name}: ${file} imports "${specifier}", which is not among its dependencies`),
  );
}

/** Makes sure that what would go to the registry works there: builds and packs every package and looks into the tarballs. */
export const tarballsCheck: Check = {
  name: "tarballs",
  title: "the built packages are right as others will install them (publint, attw)",
  async run(workspace) {
    const { root } = workspace;
    const build = await runProgram(process.execPath, [join(root, "node_modules/turbo/bin/turbo"), "run", "build"], {
      cwd: root,
    });
    if (!build.ok) return { problems: [build.output] };
    const folder = mkdtempSync(join(tmpdir(), "antiphon-tarballs-"));
    const problems: string[] = [];
    try {
      for (const subject of workspace.packages.filter(isPublished)) {
        const path = join(folder, `${subject.manifest.name.replace("/", "-")}.tgz`);
        const packed = await runProgram("pnpm", ["pack", "--out", path], { cwd: join(root, subject.folder) });
        if (!packed.ok) {
          problems.push(`${subject.manifest.name}: pnpm pack: ${packed.output}`);
          continue;
        }
        const tarball = readFileSync(path);
        problems.push(...(await lintPackage(subject, tarball)), ...(await lintTypes(subject, tarball)));
        problems.push(...lintImports(subject, root));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return { problems };
  },
};
