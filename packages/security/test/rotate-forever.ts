import { openCredentialVault } from "@antiphon/security/vault";

// Run as a process of its own by vault-crash.test.ts, which kills it: rotates between two keys without an end.
const directory = process.argv[2] ?? "";
const keys = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const vault = await openCredentialVault({ directory, masterKey: { bytes: keys[0] as Uint8Array } });
await vault.storeCredential("token", "abc");
for (let turn = 1; ; turn++) {
  await vault.rotateMasterKey({ bytes: keys[turn % 2] as Uint8Array });
  if (turn === 5) process.stdout.write("rotating\n");
}
