import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { changesetsCheck, examplesCheck, floorsCheck, packageShapeCheck, readWorkspace } from "@antiphon/checks";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPackage } from "./create-package.ts";

const project = fileURLToPath(new URL("../../..", import.meta.url));
const subject = { name: "star-chart", floor: "logic", description: "Charts of stars." };
let root = "";

beforeEach(() => {
  // A copy of the project with nothing but what the checks need around a new package.
  root = mkdtempSync(join(tmpdir(), "antiphon-create-package-"));
  mkdirSync(join(root, ".changeset"));
  cpSync(join(project, "tooling/tsconfig"), join(root, "tooling/tsconfig"), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(root, "node_modules"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

test("a new package passes the checks", async () => {
  const files = createPackage(root, subject);
  expect(files).toContain("packages/star-chart/src/index.ts");
  const workspace = readWorkspace(root);
  for (const check of [floorsCheck, packageShapeCheck, changesetsCheck, examplesCheck]) {
    expect((await check.run(workspace)).problems, check.name).toEqual([]);
  }
  const formatter = join(project, "node_modules/oxfmt/bin/oxfmt");
  cpSync(join(project, ".oxfmtrc.json"), join(root, ".oxfmtrc.json"));
  const formatted = spawnSync(process.execPath, [formatter, "--check", "packages"], { cwd: root, encoding: "utf8" });
  expect(formatted.status, formatted.stdout).toBe(0);
  const manifest = JSON.parse(readFileSync(join(root, "packages/star-chart/package.json"), "utf8")) as unknown;
  expect(manifest).toMatchObject({ name: "@antiphon/star-chart", antiphon: { floor: "logic" } });
});

test("says what is wrong with a name, a floor, a description, or a package that is there already", () => {
  expect(() => createPackage(root, { ...subject, name: "../evil" })).toThrow("is no package name");
  expect(() => createPackage(root, { ...subject, floor: "attic" })).toThrow('no floor "attic"');
  expect(() => createPackage(root, { ...subject, description: "stars" })).toThrow("must be a sentence");
  createPackage(root, subject);
  expect(() => createPackage(root, subject)).toThrow("already there");
});
