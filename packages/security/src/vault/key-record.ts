import { createHash, createSecretKey, randomBytes, timingSafeEqual, type KeyObject } from "node:crypto";
import { z } from "zod";
import { SecurityError } from "../error.ts";
import {
  deriveMasterKeys,
  isAcceptableCost,
  type KeyDerivation,
  type MasterKey,
  type ScryptCost,
} from "./master-key.ts";
import { seal, unseal } from "./seal.ts";

const SALT_BYTES = 32;
const WRAP_CONTEXT = "data key";

const costSchema = z
  .object({ memoryCost: z.number(), blockSize: z.number(), parallelism: z.number() })
  .refine(isAcceptableCost);
const recordSchema = z.object({
  format: z.literal("antiphon-vault-key"),
  version: z.literal(1),
  derivation: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("raw") }),
    z.object({ kind: z.literal("scrypt"), cost: costSchema, salt: z.base64() }),
  ]),
  check: z.base64(),
  wrappedKey: z.base64(),
});
const fileSchema = z.object({ record: recordSchema, sha256: z.string() });

function tampered(path: string): SecurityError {
  const message = `${path} was damaged or changed. Put back a copy of it; the credentials cannot be read without it.`;
  return new SecurityError("SECURITY_VAULT_TAMPERED", message);
}

function digest(record: z.output<typeof recordSchema>): string {
  return createHash("sha256").update(JSON.stringify(record)).digest("hex");
}

/** A new data key: 32 random bytes. */
export function createDataKey(): KeyObject {
  return createSecretKey(randomBytes(32));
}

/** Wraps a data key under a master key, as the text of a key file. */
export async function wrapDataKey(dataKey: KeyObject, key: MasterKey, cost: ScryptCost): Promise<string> {
  const derivation: KeyDerivation =
    "bytes" in key ? { kind: "raw" } : { kind: "scrypt", cost, salt: randomBytes(SALT_BYTES) };
  const { wrapping, check } = await deriveMasterKeys(key, derivation);
  const record = recordSchema.parse({
    format: "antiphon-vault-key",
    version: 1,
    derivation: derivation.kind === "raw" ? derivation : { ...derivation, salt: derivation.salt.toString("base64") },
    check: check.toString("base64"),
    wrappedKey: seal(wrapping, dataKey.export(), WRAP_CONTEXT),
  });
  return `${JSON.stringify({ record, sha256: digest(record) }, null, 2)}\n`;
}

/**
 * Takes the data key out of a key file. Its checksum tells damage, its check value a wrong key, GCM's tag a change; whoever changes
 * the check value and mends the checksum makes the right key look wrong, and gains nothing by it.
 *
 * @throws SecurityError SECURITY_VAULT_WRONG_KEY, SECURITY_VAULT_TAMPERED
 */
export async function unwrapDataKey(text: string, key: MasterKey, path: string): Promise<KeyObject> {
  const file = parseFile(text, path);
  if (digest(file.record) !== file.sha256) throw tampered(path);
  const { derivation, check, wrappedKey } = file.record;
  const keys = await deriveMasterKeys(
    key,
    derivation.kind === "raw" ? derivation : { ...derivation, salt: Buffer.from(derivation.salt, "base64") },
  );
  const expected = Buffer.from(check, "base64");
  if (expected.length !== keys.check.length || !timingSafeEqual(expected, keys.check)) {
    throw new SecurityError("SECURITY_VAULT_WRONG_KEY", `The key is not the one that ${path} was made with.`);
  }
  const dataKey = unseal(keys.wrapping, wrappedKey, WRAP_CONTEXT);
  if (dataKey?.length !== 32) throw tampered(path);
  return createSecretKey(dataKey);
}

function parseFile(text: string, path: string): z.output<typeof fileSchema> {
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch {
    // Neither the parser's words nor zod's are passed on: they can quote the file.
    throw tampered(path);
  }
}
