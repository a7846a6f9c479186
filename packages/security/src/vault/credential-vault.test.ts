import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { createSecret } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openCredentialVault, type CredentialVaultOptions } from "./credential-vault.ts";

// The lowest cost that is accepted: 16 MiB.
const scryptCost = { memoryCost: 2 ** 14, blockSize: 8, parallelism: 1 };
const masterKey = { passphrase: "correct horse battery staple" };
let directory = "";
const open = (options: Partial<CredentialVaultOptions> = {}) =>
  openCredentialVault({ directory, masterKey, scryptCost, ...options });
const keyPath = () => join(directory, "key.json");
const entriesPath = () => join(directory, "credentials.json");

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "antiphon-vault-")), "vault");
});
afterEach(() => rm(join(directory, ".."), { recursive: true, force: true }));

interface KeyFile {
  readonly record: { check: string; wrappedKey: string };
  readonly sha256: string;
}

describe("openCredentialVault", () => {
  test("stores credentials that another opening with the same passphrase retrieves", async () => {
    {
      await using vault = await open();
      await vault.storeCredential("lavalink_password", "secret123");
      await vault.storeCredential("youtube_api_key", createSecret("clé d'API"));
      await vault.storeCredential("lavalink_password", "secret456");
    }
    await using vault = await open({ masterKey: { passphrase: createSecret(masterKey.passphrase) } });
    expect((await vault.retrieveCredential("lavalink_password")).reveal()).toBe("secret456");
    expect((await vault.retrieveCredential("youtube_api_key")).reveal()).toBe("clé d'API");
    expect(await vault.names()).toEqual(["lavalink_password", "youtube_api_key"]);
    expect(await vault.removeCredential("youtube_api_key")).toBe(true);
    expect(await vault.removeCredential("youtube_api_key")).toBe(false);
    expect(await vault.names()).toEqual(["lavalink_password"]);
  });

  test("takes 32 bytes instead of a passphrase, and nothing shorter", async () => {
    const bytes = randomBytes(32);
    await using vault = await open({ masterKey: { bytes } });
    await vault.storeCredential("token", "abc");
    await using again = await open({ masterKey: { bytes } });
    expect((await again.retrieveCredential("token")).reveal()).toBe("abc");
    const wrong = { code: "SECURITY_VAULT_WRONG_KEY" };
    await expect(open({ masterKey: { bytes: randomBytes(32) } })).rejects.toMatchObject(wrong);
    await expect(open()).rejects.toMatchObject(wrong);
    const invalid = { code: "SECURITY_INVALID_ARGUMENT" };
    await expect(open({ masterKey: { bytes: randomBytes(16) } })).rejects.toMatchObject(invalid);
    await expect(open({ masterKey: { passphrase: "too short" } })).rejects.toMatchObject(invalid);
    await expect(open({ scryptCost: { ...scryptCost, memoryCost: 1024 } })).rejects.toMatchObject(invalid);
  });

  test("writes no value, no key and no passphrase in the clear, to files only their owner can read", async () => {
    await using vault = await open();
    await vault.storeCredential("token", "a-very-plain-value");
    for (const path of [keyPath(), entriesPath()]) {
      const text = await readFile(path, "utf8");
      expect(text).not.toContain("a-very-plain-value");
      expect(text).not.toContain(Buffer.from("a-very-plain-value").toString("base64").slice(0, -4));
      expect(text).not.toContain("battery");
      if (process.platform !== "win32") expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
    if (process.platform !== "win32") expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect(await readdir(directory)).toEqual(["credentials.json", "key.json"]);
  });

  test("gives values that print as redacted wherever they turn up", async () => {
    await using vault = await open();
    await vault.storeCredential("token", "plain");
    const secret = await vault.retrieveCredential("token");
    expect(
      [String(secret), JSON.stringify({ secret }), inspect(secret), inspect(vault, { depth: 5 })].join(),
    ).not.toMatch(/plain/);
    expect(String(secret)).toBe("[redacted]");
  });

  test("tells a wrong key, damage and absence apart", async () => {
    await expect(open({ createIfMissing: false })).rejects.toMatchObject({ code: "SECURITY_VAULT_NOT_FOUND" });
    await using vault = await open();
    await expect(vault.retrieveCredential("nothing")).rejects.toMatchObject({ code: "SECURITY_CREDENTIAL_NOT_FOUND" });
    await vault.storeCredential("token", "abc");
    const stranger = open({ masterKey: { passphrase: "correct horse battery maple" } });
    await expect(stranger).rejects.toMatchObject({ code: "SECURITY_VAULT_WRONG_KEY" });
    const tampered = { code: "SECURITY_VAULT_TAMPERED" };
    const key = await readFile(keyPath(), "utf8");
    for (const text of [
      "",
      "{",
      "{}",
      key.replace('"version": 1', '"version": 2'),
      key.replace(/"wrappedKey": "./, "$&A"),
    ]) {
      await writeFile(keyPath(), text);
      await expect(open()).rejects.toMatchObject(tampered);
    }
    await rm(keyPath());
    await expect(open()).rejects.toMatchObject(tampered);
  });

  test("refuses a wrapped key that was changed by somebody who mended the checksum", async () => {
    await (await open({ masterKey: { bytes: new Uint8Array(32) } })).close();
    const { createHash } = await import("node:crypto");
    const file = JSON.parse(await readFile(keyPath(), "utf8")) as KeyFile;
    const record = { ...file.record, wrappedKey: randomBytes(60).toString("base64") };
    const sha256 = createHash("sha256").update(JSON.stringify(record)).digest("hex");
    await writeFile(keyPath(), JSON.stringify({ record, sha256 }));
    const opening = open({ masterKey: { bytes: new Uint8Array(32) } });
    await expect(opening).rejects.toMatchObject({ code: "SECURITY_VAULT_TAMPERED" });
  });

  test("notices an entry that was changed, moved to another name, taken out or added", async () => {
    await using vault = await open();
    await vault.storeCredential("a", "first");
    await vault.storeCredential("b", "second");
    const text = await readFile(entriesPath(), "utf8");
    const file = JSON.parse(text) as { readonly entries: [string, string][] };
    const [a = ["", ""], b = ["", ""]] = file.entries;
    const forgeries: [string, string][][] = [
      [a],
      [a, b, ["c", b[1]]],
      [
        ["a", b[1]],
        ["b", a[1]],
      ],
      [a, ["b", randomBytes(40).toString("base64")]],
    ];
    for (const entries of forgeries) {
      await writeFile(entriesPath(), JSON.stringify({ ...file, entries }));
      await expect(vault.retrieveCredential("a")).rejects.toMatchObject({ code: "SECURITY_VAULT_TAMPERED" });
      await expect(vault.storeCredential("d", "x")).rejects.toMatchObject({ code: "SECURITY_VAULT_TAMPERED" });
    }
    await writeFile(entriesPath(), text);
    expect((await vault.retrieveCredential("a")).reveal()).toBe("first");
  });

  test("keeps every one of many stores at once, through two openings", async () => {
    await using first = await open();
    await using second = await open();
    const names = Array.from({ length: 24 }, (_, index) => `credential-${String(index).padStart(2, "0")}`);
    await Promise.all(names.map((name, index) => (index % 2 ? first : second).storeCredential(name, name)));
    expect(await first.names()).toEqual(names);
    for (const name of names) expect((await second.retrieveCredential(name)).reveal()).toBe(name);
  });

  test("refuses what is too much: credentials, bytes of a value, of a file, characters of a name", async () => {
    await using vault = await open({ maximumEntries: 2, maximumValueBytes: 500, maximumFileBytes: 1000 });
    await vault.storeCredential("a", "x");
    const full = { code: "SECURITY_VAULT_FULL" };
    const invalid = { code: "SECURITY_INVALID_ARGUMENT" };
    await expect(vault.storeCredential("b", "x".repeat(501))).rejects.toMatchObject(invalid);
    await expect(vault.storeCredential("", "x")).rejects.toMatchObject(invalid);
    await expect(vault.storeCredential("n".repeat(257), "x")).rejects.toMatchObject(invalid);
    await vault.storeCredential("b", "x");
    await expect(vault.storeCredential("c", "x")).rejects.toMatchObject(full);
    await vault.storeCredential("b", "x".repeat(300));
    await expect(vault.storeCredential("a", "x".repeat(400))).rejects.toMatchObject(full);
    expect((await vault.retrieveCredential("a")).reveal()).toBe("x");
    await writeFile(entriesPath(), "x".repeat(1001));
    await expect(vault.names()).rejects.toMatchObject({ code: "SECURITY_VAULT_UNREADABLE" });
  });

  test("forgets its keys when it is closed", async () => {
    const vault = await open();
    await vault.storeCredential("token", "abc");
    await vault.close();
    await vault.close();
    const closed = { code: "SECURITY_VAULT_CLOSED" };
    await expect(vault.retrieveCredential("token")).rejects.toMatchObject(closed);
    await expect(vault.storeCredential("token", "abc")).rejects.toMatchObject(closed);
    await expect(vault.rotateMasterKey(masterKey)).rejects.toMatchObject(closed);
  });
});

describe("rotateMasterKey", () => {
  test("keeps every credential readable under the new key only, and rewrites one small file", async () => {
    await using vault = await open();
    for (const name of ["a", "b", "c"]) await vault.storeCredential(name, `value of ${name}`);
    const before = await readFile(entriesPath());
    const newKey = { bytes: randomBytes(32) };
    await vault.rotateMasterKey(newKey);
    expect(await readFile(entriesPath())).toEqual(before);
    expect((await stat(keyPath())).size).toBeLessThan(1024);
    await vault.storeCredential("d", "value of d");
    await using again = await open({ masterKey: newKey });
    for (const name of ["a", "b", "c", "d"]) {
      expect((await vault.retrieveCredential(name)).reveal()).toBe(`value of ${name}`);
      expect((await again.retrieveCredential(name)).reveal()).toBe(`value of ${name}`);
    }
    await expect(open()).rejects.toMatchObject({ code: "SECURITY_VAULT_WRONG_KEY" });
    await expect(vault.rotateMasterKey({ passphrase: "short" })).rejects.toMatchObject({
      code: "SECURITY_INVALID_ARGUMENT",
    });
  });
});
