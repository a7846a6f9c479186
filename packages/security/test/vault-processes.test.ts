import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openCredentialVault } from "@antiphon/security/vault";
import { afterEach, beforeEach, expect, test } from "vitest";

const masterKey = { bytes: new Uint8Array(32).fill(1) };
let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "antiphon-vault-processes-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("processes that make a vault together and store at the same moment lose nothing of each other's", async () => {
  const script = fileURLToPath(new URL("store-many.ts", import.meta.url));
  const owners = ["a", "b", "c"];
  const exits = owners.map(async (owner) => {
    const flags = ["--conditions=@antiphon/source", script, directory, owner];
    const [code] = (await once(spawn(process.execPath, flags, { stdio: "inherit" }), "exit")) as [number | null];
    return code;
  });
  expect(await Promise.all(exits)).toEqual([0, 0, 0]);
  await using vault = await openCredentialVault({ directory, masterKey });
  const wanted = owners.flatMap((owner) => Array.from({ length: 15 }, (_, index) => `${owner}-${index}`));
  expect(await vault.names()).toEqual(wanted.toSorted());
  for (const name of wanted) expect((await vault.retrieveCredential(name)).reveal()).toBe(`value of ${name}`);
});

test("the lock of a writer that died is taken over", async () => {
  await using vault = await openCredentialVault({ directory, masterKey });
  const left = join(directory, "write.lock");
  await mkdir(left);
  await utimes(left, new Date(), new Date(Date.now() - 60_000));
  await vault.storeCredential("token", "abc");
  expect((await vault.retrieveCredential("token")).reveal()).toBe("abc");
});
