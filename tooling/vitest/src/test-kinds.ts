/** How far a test reaches. */
export const testKinds = ["unit", "integration", "e2e"] as const;

/** How far a test reaches: code alone, a package against simulators and real servers, or an app from its front door. */
export type TestKind = (typeof testKinds)[number];

/** The environment variable by which the runner tells vitest's configuration which kinds are wanted, divided by commas. */
export const KINDS_VARIABLE = "ANTIPHON_TEST_KINDS";

/** The kinds that the environment asks for; all of them where it asks for none. */
export function wantedKinds(environment: Readonly<Record<string, string | undefined>>): readonly TestKind[] {
  const named = (environment[KINDS_VARIABLE] ?? "").split(",");
  const wanted = testKinds.filter((kind) => named.includes(kind));
  return wanted.length === 0 ? testKinds : wanted;
}

/**
 * The patterns of a folder in a run that repeats some files, named by their paths from the root: those of them that are in the folder,
 * whatever kinds are wanted. Without such files it is {@link testPatterns}.
 */
export function wantedPatterns(
  folder: string,
  kinds: readonly TestKind[],
  repeated: readonly string[] | undefined,
): string[] {
  if (repeated === undefined) return testPatterns(folder, kinds);
  return repeated.filter((file) => file.startsWith(`${folder}/`)).map((file) => file.slice(folder.length + 1));
}

/**
 * The test files of a folder such as `packages/voice` that are of these kinds, as patterns from that folder: beside the code stand unit
 * tests, in `test/` those that reach further; an app's go through the whole of it.
 */
export function testPatterns(folder: string, kinds: readonly TestKind[]): string[] {
  const further: TestKind = folder.startsWith("apps/") ? "e2e" : "integration";
  return [
    ...(kinds.includes("unit") ? ["src/**/*.test.ts"] : []),
    ...(kinds.includes(further) ? ["test/**/*.test.ts"] : []),
  ];
}
