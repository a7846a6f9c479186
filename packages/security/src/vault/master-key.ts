import { createSecretKey, hkdfSync, scrypt, type KeyObject } from "node:crypto";
import type { Secret } from "@antiphon/std";
import { SecurityError } from "../error.ts";

/** What opens a vault: a passphrase of at least 12 characters, or 32 random bytes. */
export type MasterKey = { readonly passphrase: string | Secret } | { readonly bytes: Uint8Array };

/** How hard a passphrase is made to guess. @see RFC 7914 */
export interface ScryptCost {
  /** The memory cost N, a power of two from 2^14 to 2^20. Deriving takes 128 × N × blockSize bytes. */
  readonly memoryCost: number;
  /** The block size r, from 1 to 16. */
  readonly blockSize: number;
  /** The parallelism p, from 1 to 4. */
  readonly parallelism: number;
}

/** How a master key is made from what the user has. */
export type KeyDerivation =
  | { readonly kind: "raw" }
  | { readonly kind: "scrypt"; readonly cost: ScryptCost; readonly salt: Buffer };

/** The keys which stand behind a master key; it is never used itself. */
export interface MasterKeys {
  /** Wraps the data key. */
  readonly wrapping: KeyObject;
  /** Tells whether this is the right master key, and nothing about the others. */
  readonly check: Buffer;
}

const KEY_BYTES = 32;
const SHORTEST_PASSPHRASE = 12;

/** N = 2^17, r = 8: 128 MiB and a few tenths of a second. @see OWASP Password Storage Cheat Sheet */
export const DEFAULT_COST: ScryptCost = { memoryCost: 2 ** 17, blockSize: 8, parallelism: 1 };

/** Whether a cost is one that is accepted; bounds also what a file can make this process do. */
export function isAcceptableCost({ memoryCost, blockSize, parallelism }: ScryptCost): boolean {
  const isWithin = (value: number, low: number, high: number) =>
    Number.isInteger(value) && value >= low && value <= high;
  const isPower = Number.isInteger(Math.log2(memoryCost));
  return isPower && isWithin(memoryCost, 2 ** 14, 2 ** 20) && isWithin(blockSize, 1, 16) && isWithin(parallelism, 1, 4);
}

function deriveFromPassphrase(passphrase: string, salt: Buffer, cost: ScryptCost): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const { memoryCost: N, blockSize: r, parallelism: p } = cost;
  const options = { N, r, p, maxmem: 128 * N * r + 128 * r * p + 1024 * 1024 };
  // The same passphrase typed on two systems can be two sequences of code points.
  scrypt(passphrase.normalize("NFKC"), salt, KEY_BYTES, options, (error, key) =>
    error === null ? resolve(key) : reject(error),
  );
  return promise;
}

/** A key of its own for one purpose. @see RFC 5869 */
export function deriveKey(key: Uint8Array | KeyObject, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key, Buffer.alloc(0), `antiphon vault v1: ${purpose}`, KEY_BYTES));
}

/** @throws SecurityError SECURITY_INVALID_ARGUMENT for a short passphrase or a key that is not 32 bytes long */
export function assertMasterKey(key: MasterKey): void {
  if ("bytes" in key) {
    if (key.bytes.length === KEY_BYTES) return;
    const message = `The master key has ${key.bytes.length} bytes; it takes 32, for instance randomBytes(32).`;
    throw new SecurityError("SECURITY_INVALID_ARGUMENT", message);
  }
  const { length } = revealed(key.passphrase);
  if (length >= SHORTEST_PASSPHRASE) return;
  const message = `The passphrase has ${length} characters; it takes ${SHORTEST_PASSPHRASE} or more.`;
  throw new SecurityError("SECURITY_INVALID_ARGUMENT", message);
}

/** A value out of its wrapping. */
export function revealed(value: string | Secret): string {
  return typeof value === "string" ? value : value.reveal();
}

/**
 * Derives the keys of a master key.
 *
 * @throws SecurityError SECURITY_VAULT_WRONG_KEY when the vault wants the other kind of key
 */
export async function deriveMasterKeys(key: MasterKey, derivation: KeyDerivation): Promise<MasterKeys> {
  const isRaw = "bytes" in key;
  if (isRaw !== (derivation.kind === "raw")) {
    const wanted = derivation.kind === "raw" ? "32 bytes" : "a passphrase";
    throw new SecurityError("SECURITY_VAULT_WRONG_KEY", `The vault is opened with ${wanted}. Give it that instead.`);
  }
  const master =
    isRaw || derivation.kind === "raw"
      ? Buffer.from((key as { readonly bytes: Uint8Array }).bytes)
      : await deriveFromPassphrase(revealed(key.passphrase), derivation.salt, derivation.cost);
  const keys = { wrapping: createSecretKey(deriveKey(master, "wrapping")), check: deriveKey(master, "check") };
  master.fill(0);
  return keys;
}
