import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, scrypt, type KeyObject } from "node:crypto";
import { PatternsError } from "../error.ts";

const PREFIX = "enc:v1:";
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const SHORTEST_PASSPHRASE = 16;

/** Whether a text was made by {@link Keyring.encrypt}. */
export function isEncrypted(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** Encrypts and decrypts values that stand in configuration files. */
export interface Keyring {
  /** The text under the newest key: `enc:v1:` and base64 of salt, nonce, tag and ciphertext. */
  encrypt(text: string): Promise<string>;
  /** The text again, whichever of the keys it is under. @throws PatternsError PATTERNS_DECRYPTION_FAILED */
  decrypt(encrypted: string): Promise<string>;
  /** The text under the newest key instead of the one that it is under. */
  rotate(encrypted: string): Promise<string>;
}

function deriveKey(passphrase: string, salt: Buffer): Promise<KeyObject> {
  const { promise, resolve, reject } = Promise.withResolvers<KeyObject>();
  scrypt(passphrase, salt, KEY_BYTES, (error, key) => (error === null ? resolve(createSecretKey(key)) : reject(error)));
  return promise;
}

function open(key: KeyObject, sealed: Buffer): string | undefined {
  const iv = sealed.subarray(SALT_BYTES, SALT_BYTES + IV_BYTES);
  const tag = sealed.subarray(SALT_BYTES + IV_BYTES, SALT_BYTES + IV_BYTES + TAG_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES }).setAuthTag(tag);
  try {
    const text = decipher.update(sealed.subarray(SALT_BYTES + IV_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    // The tag does not fit: it is under another key, or it was changed.
    return undefined;
  }
}

/**
 * Builds a {@link Keyring} from passphrases, the newest first: AES-256-GCM under keys that scrypt derives.
 *
 * @throws PatternsError PATTERNS_INVALID_ARGUMENT without a passphrase, or for one of fewer than 16 characters
 * @see NIST SP 800-38D (GCM); RFC 7914 (scrypt)
 */
export function createKeyring(passphrases: readonly string[]): Keyring {
  const [newest] = passphrases;
  if (newest === undefined || passphrases.some((each) => each.length < SHORTEST_PASSPHRASE)) {
    const message = `createKeyring: it takes at least one passphrase, each of ${SHORTEST_PASSPHRASE} characters or more.`;
    throw new PatternsError("PATTERNS_INVALID_ARGUMENT", message);
  }
  // One salt for all that this keyring encrypts: scrypt takes tens of milliseconds, and a fresh nonce suffices for each value.
  const ownSalt = randomBytes(SALT_BYTES);
  const derived = new Map<string, Promise<KeyObject>>();
  const keyFor = (passphrase: string, salt: Buffer): Promise<KeyObject> => {
    const name = `${passphrases.indexOf(passphrase)}:${salt.toString("base64")}`;
    const known = derived.get(name) ?? deriveKey(passphrase, salt);
    derived.set(name, known);
    return known;
  };
  const encrypt = async (text: string) => {
    const iv = randomBytes(IV_BYTES);
    const key = await keyFor(newest, ownSalt);
    const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
    const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return PREFIX + Buffer.concat([ownSalt, iv, cipher.getAuthTag(), body]).toString("base64");
  };
  const decrypt = async (encrypted: string) => {
    const sealed = Buffer.from(encrypted.slice(PREFIX.length).trim(), "base64");
    if (isEncrypted(encrypted) && sealed.length >= SALT_BYTES + IV_BYTES + TAG_BYTES) {
      for (const passphrase of passphrases) {
        const text = open(await keyFor(passphrase, sealed.subarray(0, SALT_BYTES)), sealed);
        if (text !== undefined) return text;
      }
    }
    const message =
      "The value cannot be decrypted: it is damaged, or none of the keys is the one it was encrypted with.";
    throw new PatternsError("PATTERNS_DECRYPTION_FAILED", message);
  };
  return { encrypt, decrypt, rotate: async (encrypted) => encrypt(await decrypt(encrypted)) };
}
