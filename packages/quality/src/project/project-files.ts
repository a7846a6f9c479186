import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describeError } from "@antiphon/std";
import { QualityError } from "../quality-error.ts";
import { compileGlob } from "./glob.ts";

/** Which files of a folder are looked at. Patterns are relative to the folder, with forward slashes. */
export interface FileSelection {
  /** Patterns of which a file must match one. Defaults to every JavaScript and TypeScript file. */
  readonly include?: readonly string[] | undefined;
  /** Patterns of which a file must match none, besides those that are never looked at. Defaults to none. */
  readonly exclude?: readonly string[] | undefined;
  /** The most files; more is an error rather than half an analysis. Defaults to 20,000. */
  readonly maxFiles?: number | undefined;
}

const DEFAULT_MAX_FILES = 20_000;
const sources = "**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}";
/** What others wrote or a program made. */
const skippedFolders = new Set(["node_modules", "dist", "build", "coverage", "vendor", "__fixtures__"]);
const generated = compileGlob("**/*.{d.ts,d.mts,d.cts,min.js}");

/**
 * Lists the source files below a folder, by name, as paths relative to it with forward slashes. Links are not followed.
 *
 * @throws QualityError `QUALITY_PATH_UNREADABLE`, `QUALITY_TOO_MANY_FILES`
 */
export async function listProjectFiles(
  root: string,
  selection: FileSelection,
  signal?: AbortSignal,
): Promise<string[]> {
  const include = (selection.include ?? [sources]).map(compileGlob);
  const exclude = [...(selection.exclude ?? []).map(compileGlob), generated];
  const most = selection.maxFiles ?? DEFAULT_MAX_FILES;
  const found: string[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal?.throwIfAborted();
    const inside = folder;
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
      const message = `The folder "${join(root, inside)}" cannot be read: ${describeError(error)}.`;
      throw new QualityError("QUALITY_PATH_UNREADABLE", message, { cause: error });
    });
    for (const entry of entries) {
      const path = folder + entry.name;
      if (entry.isDirectory()) {
        if (!entry.name.startsWith(".") && !skippedFolders.has(entry.name)) folders.push(`${path}/`);
      } else if (
        entry.isFile() &&
        include.some((glob) => glob.test(path)) &&
        !exclude.some((glob) => glob.test(path))
      ) {
        found.push(path);
      }
    }
    if (found.length > most) {
      const advice = "Name a folder within, leave files out with `exclude`, or raise `maxFiles`.";
      throw new QualityError("QUALITY_TOO_MANY_FILES", `"${root}" holds more than ${most} source files. ${advice}`);
    }
  }
  return found.sort();
}
