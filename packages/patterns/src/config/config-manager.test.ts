import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@antiphon/std";
import { afterAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { baseConfigSchema } from "./base-config.ts";
import { openConfig, type ConfigOptions } from "./config-manager.ts";
import { createKeyring } from "./keyring.ts";

const root = mkdtempSync(join(tmpdir(), "antiphon-config-"));
afterAll(() => rmSync(root, { recursive: true }));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, "case-"));
});

const schema = z.strictObject({
  name: z.string(),
  token: z.string().min(5).optional(),
  network: z.strictObject({ timeoutMs: z.number().int().default(30), secure: z.boolean().default(false) }).prefault({}),
  tags: z.array(z.string()).default([]),
});

function write(name: string, content: unknown): string {
  const file = join(folder, name);
  // Replaced as a whole, as deployments do.
  writeFileSync(`${file}.new`, typeof content === "string" ? content : JSON.stringify(content));
  renameSync(`${file}.new`, file);
  return file;
}

const open = (options: Partial<ConfigOptions<typeof schema>> = {}) =>
  openConfig({ schema, environmentVariables: {}, ...options });

const failureOf = (options: Partial<ConfigOptions<typeof schema>>) =>
  open(options).then(
    () => expect.unreachable("it was accepted"),
    (error: unknown) => error as Error & { details: { issues: readonly unknown[] } },
  );

test("later places win: base, overlay, .env, variables, overrides", async () => {
  const baseFile = write("base.json", { name: "base", network: { timeoutMs: 1, secure: true }, tags: ["a", "b"] });
  write("base.production.json", { name: "overlay", network: { timeoutMs: 2 }, tags: ["c"] });
  const dotenvFile = write(".env", "APP_NAME=dotenv\nAPP_NETWORK__TIMEOUT_MS=3\n");
  const config = await open({
    baseFile,
    dotenvFile,
    variables: { prefix: "APP_" },
    environmentVariables: { APP_ENV: "production", APP_NETWORK__TIMEOUT_MS: "4", APP_TAGS: "", OTHER: "x" },
    overrides: { name: "override" },
  });
  expect(config.value).toEqual({ name: "override", network: { timeoutMs: 4, secure: true }, tags: ["c"] });
  expect(config.environment).toBe("production");
});

test("values are typed, defaulted and frozen", async () => {
  const config = await open({ overrides: { name: "x" } });
  expect(config.get("network.timeoutMs")).toBe(30);
  expect(config.get("token", "fallback")).toBe("fallback");
  expect(config.get("token")).toBeUndefined();
  expect(() => Object.assign(config.value.network, { timeoutMs: 1 })).toThrow(/read only/);
});

test("variables become numbers, booleans and lists where the schema wants them", async () => {
  const variables = { prefix: "A_", names: { TAGS: "tags" } };
  const environmentVariables = { A_NAME: "7", A_NETWORK__TIMEOUT_MS: "1e3", A_NETWORK__SECURE: "yes", TAGS: "a, b" };
  const config = await open({ variables, environmentVariables });
  expect(config.value).toEqual({ name: "7", network: { timeoutMs: 1_000, secure: true }, tags: ["a", "b"] });
});

test("each issue names key, place and what was expected, and never the value", async () => {
  const baseFile = write("base.json", { network: { timeoutMs: "s3cret", speed: 1 }, token: "s3" });
  const failure = await failureOf({
    baseFile,
    variables: { names: { APP_NAME: "name", APP_SECURE: "network.secure" } },
    environmentVariables: { APP_SECURE: "s3cret" },
  });
  expect(failure).toMatchObject({ code: "PATTERNS_CONFIGURATION_INVALID", name: "ConfigurationError" });
  expect(failure.details.issues).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ key: "name", source: `not set: set APP_NAME or name in ${baseFile}` }),
      expect.objectContaining({
        key: "network.timeoutMs",
        source: baseFile,
        problem: expect.stringContaining("expected number"),
      }),
      expect.objectContaining({ key: "network.secure", source: "APP_SECURE in the environment" }),
      expect.objectContaining({ key: "network.speed", source: baseFile, problem: "there is no such setting" }),
      expect.objectContaining({ key: "token", source: baseFile }),
    ]),
  );
  expect(failure.message).not.toContain("s3");
});

test.each([
  ["", /JSON/],
  ['{"name": "x"', /JSON/],
  ["[1]", /must hold a JSON object/],
])("a file of %j is refused with its name", async (text, problem) => {
  const failure = await failureOf({ baseFile: write("base.json", text) });
  expect(failure).toMatchObject({ code: "PATTERNS_CONFIGURATION_UNREADABLE" });
  expect(failure.message).toMatch(/base\.json/);
  expect(failure.message).toMatch(problem);
});

test("a missing base file is named, a missing overlay and .env are not missed, and no name leads elsewhere", async () => {
  expect(await failureOf({ baseFile: join(folder, "no.json") })).toMatchObject({
    message: expect.stringContaining("no.json"),
  });
  const baseFile = write("base.json", { name: "x" });
  const config = await open({ baseFile, environment: "none", dotenvFile: join(folder, ".env") });
  expect(config.get("name")).toBe("x");
  await expect(config.loadEnvironment("../secrets")).rejects.toMatchObject({ code: "PATTERNS_INVALID_ARGUMENT" });
});

test("another environment is taken over as a whole, or not at all", async () => {
  const baseFile = write("base.json", { name: "base" });
  write("base.good.json", { name: "good" });
  write("base.bad.json", { name: "bad", network: 7 });
  const config = await open({ baseFile });
  const changes: (readonly string[])[] = [];
  config.on("change", ({ keys }) => changes.push(keys));
  await config.loadEnvironment("good");
  await expect(config.loadEnvironment("bad")).rejects.toThrow(/network/);
  expect(config.value.name).toBe("good");
  expect(config.environment).toBe("good");
  expect(changes).toEqual([["name"]]);
  await config.validate();
});

test("validate fails where the configuration no longer fits, and changes nothing", async () => {
  const baseFile = write("base.json", { name: "base" });
  const config = await open({ baseFile });
  write("base.json", { name: "base", network: { timeoutMs: "soon" }, misspelt: 1 });
  await expect(config.validate()).rejects.toThrow(/network\.timeoutMs[\s\S]*misspelt/);
  expect(config.value.network.timeoutMs).toBe(30);
});

test("ANTIPHON_ENV chooses the environment", async () => {
  const baseFile = write("base.json", { name: "base" });
  write("base.development.json", { name: "development" });
  const config = await open({ baseFile, environmentVariables: { ANTIPHON_ENV: "development" } });
  expect([config.environment, config.value.name]).toEqual(["development", "development"]);
});

test("a change of a file is taken over, and a half-written one is told and not taken", async () => {
  const baseFile = write("base.json", { name: "one" });
  using config = await open({ baseFile });
  using _watching = config.watch();
  const changed = waitFor(config, "change");
  write("base.json", { name: "two", network: { timeoutMs: 5 } });
  expect(await changed).toMatchObject({
    keys: ["name", "network.timeoutMs"],
    previous: { name: "one" },
    current: { name: "two" },
  });
  const failed = waitFor(config, "reloadFailed");
  write("base.json", '{"name": "thr');
  expect(await failed).toMatchObject({ error: { code: "PATTERNS_CONFIGURATION_UNREADABLE" } });
  expect(config.get("name")).toBe("two");
});

test("encrypted values are decrypted with the newest or an older key, and rotated", async () => {
  const old = createKeyring(["an old passphrase"]);
  const both = createKeyring(["a new passphrase!", "an old passphrase"]);
  const encrypted = await old.encrypt("t0ken-value");
  expect(encrypted).toMatch(/^enc:v1:/);
  const rotated = await both.rotate(encrypted);
  const onlyNew = createKeyring(["a new passphrase!"]);
  expect(await onlyNew.decrypt(rotated)).toBe("t0ken-value");
  await expect(onlyNew.decrypt(encrypted)).rejects.toMatchObject({ code: "PATTERNS_DECRYPTION_FAILED" });
  const baseFile = write("base.json", { name: "x", token: encrypted });
  const environmentVariables = { ENCRYPTION_KEY: "a new passphrase!", ENCRYPTION_KEY_PREVIOUS: "an old passphrase" };
  expect((await open({ baseFile, environmentVariables })).get("token")).toBe("t0ken-value");
  expect(await failureOf({ baseFile })).toMatchObject({
    message: expect.stringMatching(/token \(.*base\.json\).*ENCRYPTION_KEY/),
  });
});

test("a changed ciphertext is refused, and so are keys too short to be any", async () => {
  const keyring = createKeyring(["a long passphrase"]);
  const encrypted = await keyring.encrypt("value");
  const bytes = Buffer.from(encrypted.slice(7), "base64");
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await expect(keyring.decrypt(`enc:v1:${bytes.toString("base64")}`)).rejects.toThrow(/damaged/);
  await expect(keyring.decrypt("enc:v1:")).rejects.toThrow(/damaged/);
  expect(() => createKeyring([])).toThrow(/at least one/);
  expect(() => createKeyring(["short"])).toThrow(/16 characters/);
});

test("a file may be encrypted as a whole", async () => {
  const keyring = createKeyring(["a long passphrase"]);
  const baseFile = write("base.json", await keyring.encrypt(JSON.stringify({ name: "hidden" })));
  expect((await open({ baseFile, encryptionKeys: ["a long passphrase"] })).get("name")).toBe("hidden");
});

test("a file cannot reach a prototype", async () => {
  const baseFile = write(
    "base.json",
    '{"name":"x","__proto__":{"polluted":true},"network":{"__proto__":{"secure":true}}}',
  );
  expect((await open({ baseFile })).value).toEqual({ name: "x", network: { timeoutMs: 30, secure: false }, tags: [] });
  expect({}).not.toHaveProperty("polluted");
});

test("the base schema fills in what most bots need", async () => {
  const config = await openConfig({
    schema: baseConfigSchema,
    overrides: { application: { name: "bot" } },
    environmentVariables: {},
  });
  expect(config.get("cache.strategy")).toBe("adaptive");
  expect(config.get("monitoring.healthCheckIntervalMs")).toBe(30_000);
});
