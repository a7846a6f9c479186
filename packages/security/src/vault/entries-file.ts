import { createHmac, timingSafeEqual, type KeyObject } from "node:crypto";
import { z } from "zod";
import { SecurityError } from "../error.ts";
import { deriveKey } from "./master-key.ts";

/** The encrypted credentials by name. */
export type SealedEntries = ReadonlyMap<string, string>;

const fileSchema = z.object({
  format: z.literal("antiphon-vault-entries"),
  version: z.literal(1),
  entries: z.array(z.tuple([z.string(), z.base64()])),
  mac: z.base64(),
});

function macOf(entries: readonly (readonly [string, string])[], dataKey: KeyObject): Buffer {
  return createHmac("sha256", deriveKey(dataKey, "entries")).update(JSON.stringify(entries)).digest();
}

/** The text of a file of entries. One code over all of them makes it plain when one was taken out. */
export function writeEntries(entries: SealedEntries, dataKey: KeyObject): string {
  const rows = [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const mac = macOf(rows, dataKey).toString("base64");
  return `${JSON.stringify({ format: "antiphon-vault-entries", version: 1, entries: rows, mac })}\n`;
}

/**
 * Reads a file of entries.
 *
 * @throws SecurityError SECURITY_VAULT_TAMPERED
 */
export function readEntries(text: string, dataKey: KeyObject, path: string): SealedEntries {
  const parsed = fileSchema.safeParse(parseJson(text));
  if (parsed.success) {
    const { entries, mac } = parsed.data;
    const expected = macOf(entries, dataKey);
    const given = Buffer.from(mac, "base64");
    if (given.length === expected.length && timingSafeEqual(given, expected)) return new Map(entries);
  }
  throw new SecurityError("SECURITY_VAULT_TAMPERED", `${path} was damaged or changed. Put back a copy of it.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The schema refuses it, without the parser's words, which quote the file.
    return undefined;
  }
}
