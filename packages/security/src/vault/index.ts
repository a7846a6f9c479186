export { openCredentialVault, type CredentialVault, type CredentialVaultOptions } from "./credential-vault.ts";
export type { MasterKey, ScryptCost } from "./master-key.ts";
export { SecurityError, type SecurityErrorCode } from "../error.ts";
