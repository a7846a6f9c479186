import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mergeTestResults, readTestResults } from "./results-file.ts";

test("keeps what other files' runs said, and forgets files that are gone", () => {
  const root = mkdtempSync(join(tmpdir(), "antiphon-results-"));
  try {
    const passed = (title: string) => ({ endedAtMs: 1, tests: [{ title, state: "passed" as const }] });
    expect(readTestResults(root)).toEqual({});
    for (const file of ["a.test.ts", "b.test.ts"]) writeFileSync(join(root, file), "");
    mergeTestResults(root, { "a.test.ts": passed("one"), "b.test.ts": passed("two") });
    mergeTestResults(root, { "b.test.ts": passed("three"), "gone.test.ts": passed("four") });
    expect(readTestResults(root)).toEqual({ "a.test.ts": passed("one"), "b.test.ts": passed("three") });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
