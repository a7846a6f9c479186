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
