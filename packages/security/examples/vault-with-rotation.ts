// Keeps a bot's credentials encrypted on disk: opens a vault with a passphrase, changes the passphrase, and shows what a wrong key and
// a changed file look like. Nothing that is printed or written here holds a credential in the clear.
// Here: `npx node --conditions=@antiphon/source packages/security/examples/vault-with-rotation.ts`; in a project of your own:
// `node vault-with-rotation.ts`.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCredentialVault, type CredentialVaultOptions } from "@antiphon/security/vault";
import { describeError } from "@antiphon/std";

const parent = await mkdtemp(join(tmpdir(), "vault-"));
const directory = join(parent, "credentials");
const old = "correct horse battery staple";
const fresh = "seven choirs sing in forty parts";
// A try at a passphrase costs 128 MiB by default. The example takes less, so that it runs on the smallest machine; leave it out.
const scryptCost = { memoryCost: 2 ** 14, blockSize: 8, parallelism: 1 };
const options = (passphrase: string): CredentialVaultOptions => ({ directory, masterKey: { passphrase }, scryptCost });

{
  await using vault = await openCredentialVault(options(old));
  await vault.storeCredential("discord_token", "MTA0NzU2.example.token");
  await vault.storeCredential("lavalink_password", "youshallnotpass");
  console.log(`stored: ${(await vault.names()).join(", ")}`);

  // What comes out is a secret: it shows itself only to whom asks it to.
  const token = await vault.retrieveCredential("discord_token");
  console.log(`as text: ${String(token)}; revealed it has ${token.reveal().length} characters`);

  // Only one small file is written anew; a crash on the way leaves the old passphrase in force or the new one.
  await vault.rotateMasterKey({ passphrase: fresh });
}

await openCredentialVault(options(old)).catch((error: unknown) => console.log(describeError(error)));

{
  await using vault = await openCredentialVault({ ...options(fresh), createIfMissing: false });
  await vault.removeCredential("lavalink_password");
  console.log(`with the new passphrase: ${(await vault.names()).join(", ")}`);
}

const file = join(directory, "credentials.json");
const text = await readFile(file, "utf8");
console.log(
  `on disk: ${(await readdir(directory)).join(", ")}; the token stands there in the clear: ${text.includes("MTA0NzU2")}`,
);

// An entry cannot be renamed, moved or altered by somebody without the key.
await writeFile(file, text.replace("discord_token", "another_token"));
try {
  await using vault = await openCredentialVault(options(fresh));
  await vault.retrieveCredential("another_token");
} catch (error) {
  console.log(describeError(error));
}
await rm(parent, { recursive: true });
