import type { KeyObject } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createSecret, type Secret } from "@antiphon/std";
import { SecurityError } from "../error.ts";
import { readEntries, writeEntries, type SealedEntries } from "./entries-file.ts";
import { afterWriters, withFolderLocked } from "./folder-lock.ts";
import { createDataKey, unwrapDataKey, wrapDataKey } from "./key-record.ts";
import {
  assertMasterKey,
  DEFAULT_COST,
  isAcceptableCost,
  revealed,
  type MasterKey,
  type ScryptCost,
} from "./master-key.ts";
import { readPrivateFile, replacePrivateFile } from "./private-file.ts";
import { seal, unseal } from "./seal.ts";

/** Options of {@link openCredentialVault}. */
export interface CredentialVaultOptions {
  /** The folder of the vault; two files are kept in it. */
  readonly directory: string;
  /** What opens it. */
  readonly masterKey: MasterKey;
  /** Whether an absent vault is made. Defaults to true. */
  readonly createIfMissing?: boolean | undefined;
  /** How many credentials it can hold. Defaults to 1,000. */
  readonly maximumEntries?: number | undefined;
  /** The largest value in bytes. Defaults to 65,536. */
  readonly maximumValueBytes?: number | undefined;
  /** The largest file of credentials in bytes. Defaults to 16 MiB. */
  readonly maximumFileBytes?: number | undefined;
  /** How hard passphrases are made to guess, when the vault is made and at each rotation. Defaults to 128 MiB of memory. */
  readonly scryptCost?: ScryptCost | undefined;
}

/** Credentials in encrypted files. */
export interface CredentialVault extends AsyncDisposable {
  /**
   * Encrypts a credential and stores it under a name, in place of one that is there; it is on disk when this resolves.
   *
   * @throws SecurityError SECURITY_INVALID_ARGUMENT, SECURITY_VAULT_FULL, SECURITY_VAULT_BUSY, SECURITY_VAULT_TAMPERED,
   *   SECURITY_VAULT_UNREADABLE
   */
  storeCredential(name: string, value: string | Secret): Promise<void>;
  /**
   * A credential, decrypted.
   *
   * @throws SecurityError SECURITY_CREDENTIAL_NOT_FOUND, SECURITY_VAULT_TAMPERED, SECURITY_VAULT_UNREADABLE
   */
  retrieveCredential(name: string): Promise<Secret>;
  /** Takes a credential out; tells whether it was there. */
  removeCredential(name: string): Promise<boolean>;
  /** The names of all credentials, in order. */
  names(): Promise<readonly string[]>;
  /**
   * Puts another master key in place of the present one: one small file is written, the credentials stay as they are. A crash on
   * the way leaves the old key in force or the new one.
   *
   * @throws SecurityError SECURITY_INVALID_ARGUMENT, SECURITY_VAULT_BUSY, SECURITY_VAULT_UNREADABLE
   */
  rotateMasterKey(newKey: MasterKey): Promise<void>;
  /** Forgets the keys once what is under way has ended; idempotent. */
  close(): Promise<void>;
}

const LONGEST_NAME = 256;
const KEY_FILE_BYTES = 16 * 1024;

async function openDataKey(options: CredentialVaultOptions, keyPath: string, entriesPath: string): Promise<KeyObject> {
  const { masterKey, createIfMissing = true, scryptCost = DEFAULT_COST, maximumFileBytes } = options;
  const text = await readPrivateFile(keyPath, KEY_FILE_BYTES);
  if (text !== undefined) return unwrapDataKey(text, masterKey, keyPath);
  // Credentials without their key are a vault that lost it; a new key would bury them for good.
  if ((await readPrivateFile(entriesPath, maximumFileBytes ?? DEFAULT_FILE_BYTES)) !== undefined) {
    const message = `${keyPath} is gone, but there are credentials in ${entriesPath}. Put back a copy of it.`;
    throw new SecurityError("SECURITY_VAULT_TAMPERED", message);
  }
  if (!createIfMissing) {
    throw new SecurityError("SECURITY_VAULT_NOT_FOUND", `There is no vault in ${options.directory}.`);
  }
  await mkdir(options.directory, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    const message = `The folder ${options.directory} cannot be made. Check its owner and mode.`;
    throw new SecurityError("SECURITY_VAULT_UNREADABLE", message, { cause });
  });
  return withFolderLocked(dirname(keyPath), async () => {
    // Somebody else may have made it meanwhile: a second key would bury what the first one sealed.
    const made = await readPrivateFile(keyPath, KEY_FILE_BYTES);
    if (made !== undefined) return unwrapDataKey(made, masterKey, keyPath);
    const dataKey = createDataKey();
    await replacePrivateFile(keyPath, await wrapDataKey(dataKey, masterKey, scryptCost));
    return dataKey;
  });
}

const DEFAULT_FILE_BYTES = 16 * 1024 * 1024;

function assertName(name: string): void {
  if (name.length > 0 && name.length <= LONGEST_NAME && name.isWellFormed()) return;
  const message = `A credential's name has 1 to ${LONGEST_NAME} characters, not ${name.length}.`;
  throw new SecurityError("SECURITY_INVALID_ARGUMENT", message);
}

function assertOptions({ masterKey, scryptCost = DEFAULT_COST }: CredentialVaultOptions): void {
  assertMasterKey(masterKey);
  if (isAcceptableCost(scryptCost)) return;
  const message = `scryptCost: memoryCost is a power of two from 2^14 to 2^20, blockSize 1 to 16, parallelism 1 to 4.`;
  throw new SecurityError("SECURITY_INVALID_ARGUMENT", message);
}

/**
 * Opens a vault, or makes one. Every credential is encrypted with a random data key, and the data key with the master key.
 *
 * @throws SecurityError SECURITY_INVALID_ARGUMENT, SECURITY_VAULT_NOT_FOUND, SECURITY_VAULT_WRONG_KEY, SECURITY_VAULT_TAMPERED,
 *   SECURITY_VAULT_UNREADABLE
 */
export async function openCredentialVault(options: CredentialVaultOptions): Promise<CredentialVault> {
  assertOptions(options);
  const {
    maximumEntries = 1000,
    maximumValueBytes = 65_536,
    maximumFileBytes = DEFAULT_FILE_BYTES,
    scryptCost = DEFAULT_COST,
  } = options;
  const directory = resolve(options.directory);
  const keyPath = join(directory, "key.json");
  const entriesPath = join(directory, "credentials.json");
  let dataKey: KeyObject | undefined = await openDataKey(options, keyPath, entriesPath);

  const opened = (): KeyObject => {
    if (dataKey !== undefined) return dataKey;
    throw new SecurityError("SECURITY_VAULT_CLOSED", `The vault in ${directory} was closed. Open it again.`);
  };
  const read = async (): Promise<SealedEntries> => {
    const text = await readPrivateFile(entriesPath, maximumFileBytes);
    return text === undefined ? new Map() : readEntries(text, opened(), entriesPath);
  };
  const change = <T>(task: (entries: Map<string, string>) => T): Promise<T> =>
    withFolderLocked(directory, async () => {
      const entries = new Map(await read());
      const result = task(entries);
      const text = writeEntries(entries, opened());
      if (Buffer.byteLength(text) > maximumFileBytes) throw full(`a file of ${maximumFileBytes} bytes`);
      await replacePrivateFile(entriesPath, text);
      return result;
    });
  const full = (limit: string) =>
    new SecurityError("SECURITY_VAULT_FULL", `The vault in ${directory} can hold ${limit}. Remove a credential first.`);
  await read();

  const close = () => afterWriters(directory, () => void (dataKey = undefined));
  return {
    async storeCredential(name, value) {
      assertName(name);
      const plain = Buffer.from(revealed(value), "utf8");
      if (plain.length > maximumValueBytes) {
        const message = `The credential "${name}" has ${plain.length} bytes; ${maximumValueBytes} are allowed.`;
        throw new SecurityError("SECURITY_INVALID_ARGUMENT", message);
      }
      opened();
      await change((entries) => {
        if (!entries.has(name) && entries.size >= maximumEntries) throw full(`${maximumEntries} credentials`);
        entries.set(name, seal(opened(), plain, name));
      });
    },
    async retrieveCredential(name) {
      opened();
      const sealed = (await read()).get(name);
      if (sealed === undefined) {
        throw new SecurityError("SECURITY_CREDENTIAL_NOT_FOUND", `The vault holds no credential "${name}".`);
      }
      const plain = unseal(opened(), sealed, name);
      if (plain !== undefined) return createSecret(plain.toString("utf8"));
      throw new SecurityError("SECURITY_VAULT_TAMPERED", `The credential "${name}" was damaged or changed.`);
    },
    async removeCredential(name) {
      opened();
      return change((entries) => entries.delete(name));
    },
    async names() {
      opened();
      return [...(await read()).keys()];
    },
    async rotateMasterKey(newKey) {
      assertMasterKey(newKey);
      opened();
      await withFolderLocked(directory, async () => {
        await replacePrivateFile(keyPath, await wrapDataKey(opened(), newKey, scryptCost));
      });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
