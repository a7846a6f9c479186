import { openCredentialVault } from "@antiphon/security/vault";

// Run as a process of its own, beside others, by vault-processes.test.ts: opens or makes the vault, and stores credentials one by one.
const [directory = "", owner = ""] = process.argv.slice(2);
await using vault = await openCredentialVault({ directory, masterKey: { bytes: new Uint8Array(32).fill(1) } });
for (let index = 0; index < 15; index++) await vault.storeCredential(`${owner}-${index}`, `value of ${owner}-${index}`);
