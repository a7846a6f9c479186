/** What a run with `--coverage` measures, and how it reports: the library and the pages, without what only tests them. */
export const coverageSettings = {
  provider: "v8" as const,
  include: ["packages/*/src/**/*.ts", "apps/*/{src,web}/**/*.ts"],
  exclude: ["**/*.{test,test-d,contract}.ts", "**/__fixtures__/**"],
  reporter: ["text-summary", "html", "json-summary"],
  reportsDirectory: "coverage",
};
