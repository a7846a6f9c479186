import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { environmentNames } from "./bot-config.ts";
import { openBotConfig } from "./load-config.ts";

const read = (name: string) => readFileSync(new URL(`../../deploy/${name}`, import.meta.url), "utf8");
const compose = read("compose.yaml");
/** What all bot processes are given, as the file has it. */
const [, block = ""] = /environment: &bot-environment\n((?: {4}.*\n)+)/u.exec(compose) ?? [];
const environment = [...block.matchAll(/^ {4}(\w+): "?(.*?)"?$/gmu)].map(
  ([, name = "", value = ""]) => [name, value] as const,
);
const filledIn = Object.fromEntries(
  [...read(".env.example").matchAll(/^(\w+)=/gmu)].map(([, name = ""]) => [name, `a${name.length}b`]),
);

test.each(["gateway", "worker"] as const)("the compose file starts a %s with settings that fit", async (role) => {
  expect(compose).toMatch(new RegExp(`^  ${role}:\n    <<: \\*bot\n    command: \\["--role", "${role}"\\]$`, "mu"));
  expect(environment.length).toBeGreaterThan(5);
  const given = environment.map(([name, value]) => [
    name,
    value.replaceAll(/\$\{(\w+)[^}]*\}/gu, (_, variable: string) => filledIn[variable] ?? "missing"),
  ]);
  // A variable that nothing reads would be a mistake that nobody sees.
  for (const [name = ""] of given) expect(Object.keys(environmentNames)).toContain(name);
  using config = await openBotConfig({
    environment: { ...filledIn, ...Object.fromEntries(given) },
    overrides: { role },
  });
  expect(config.value).toMatchObject({
    role,
    bus: { transport: "nats", replicas: 3 },
    audio: { lavalink: { host: "lavalink" }, searchPrefix: "scsearch" },
    databaseUrl: expect.stringContaining(`antiphon:${filledIn["POSTGRES_PASSWORD"]}@postgres`),
  });
});
