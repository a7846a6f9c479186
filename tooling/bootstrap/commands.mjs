/**
 * What a command of the root package.json runs: a file for the pinned Node, and the arguments that go before the person's own.
 *
 * @typedef {{ readonly file: string, readonly first?: readonly string[] }} Command
 */

/** @type {Readonly<Record<string, Command>>} */
export const commands = {
  start: { file: "apps/playground/src/main.ts" },
  bot: { file: "apps/bot/src/main.ts" },
  test: { file: "tooling/vitest/src/main.ts" },
  bench: { file: "tooling/bench/src/main.ts" },
  check: { file: "tooling/checks/src/main.ts" },
  build: { file: "node_modules/turbo/bin/turbo", first: ["run", "build"] },
  services: { file: "tooling/services/src/main.ts" },
  "create-package": { file: "tooling/create-package/src/main.ts" },
  screenshot: { file: "apps/playground/scripts/screenshot.ts" },
};

/** Flags of the pinned Node: read the sources of the workspace's packages, and don't warn that node:sqlite is young. */
export const nodeFlags = ["--conditions=@antiphon/source", "--disable-warning=ExperimentalWarning"];
