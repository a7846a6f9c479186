import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { describeError } from "@antiphon/std";
import { RecommenderError } from "../error.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-codec.ts";
import type { ModelSnapshot } from "./model-snapshot.ts";

/**
 * The file begins with these bytes; then the version (u32) and four bytes of nothing, the length of what follows the checksum
 * (u64), and its SHA-256. What follows begins at a multiple of 8, so that its arrays need no copy.
 */
const MAGIC = Buffer.from("ANTIMODL");
const VERSION = 1;
const VERSION_AT = MAGIC.length;
const LENGTH_AT = VERSION_AT + 8;
const CHECKSUM_AT = LENGTH_AT + 8;
const PREFIX_BYTES = CHECKSUM_AT + 32;

/**
 * Writes a model into a file, which is whole or not there at all: it is written beside its place, flushed, and renamed.
 *
 * @throws RecommenderError RECOMMENDER_MODEL_UNAVAILABLE when the file cannot be written
 */
export async function saveModel(snapshot: ModelSnapshot, path: string): Promise<void> {
  const chunks = encodeSnapshot(snapshot);
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  MAGIC.copy(prefix);
  prefix.writeUInt32LE(VERSION, VERSION_AT);
  prefix.writeBigUInt64LE(BigInt(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)), LENGTH_AT);
  hash.digest().copy(prefix, CHECKSUM_AT);
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "wx");
    try {
      for (const chunk of [prefix, ...chunks]) await file.appendFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {
      // The folder cannot be written at all, which the error below says.
    });
    throw new RecommenderError(
      "RECOMMENDER_MODEL_UNAVAILABLE",
      `Cannot write the model ${path}: ${describeError(error)}. Check the folder and the free space.`,
      { cause: error, details: { path } },
    );
  }
}

/**
 * Reads a model from a file, checking its checksum and that every number in it points at something.
 *
 * @throws RecommenderError RECOMMENDER_MODEL_UNAVAILABLE when it cannot be read, RECOMMENDER_MODEL_DAMAGED when it is no model or
 * not whole, RECOMMENDER_MODEL_TOO_NEW when a later version of this package wrote it
 */
export async function loadModel(path: string): Promise<ModelSnapshot> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new RecommenderError(
      "RECOMMENDER_MODEL_UNAVAILABLE",
      `Cannot read the model ${path}: ${describeError(error)}. Build it first.`,
      { cause: error, details: { path } },
    );
  });
  const damaged = (what: string, cause?: unknown) =>
    new RecommenderError("RECOMMENDER_MODEL_DAMAGED", `The model ${path} ${what}. Build it again.`, {
      cause,
      details: { path },
    });
  if (bytes.length < PREFIX_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged("is no model file");
  const version = bytes.readUInt32LE(VERSION_AT);
  if (version > VERSION) {
    throw new RecommenderError(
      "RECOMMENDER_MODEL_TOO_NEW",
      `The model ${path} has version ${version}, this package knows ${VERSION}. Update the package or build it again.`,
      { details: { path, version } },
    );
  }
  const body = bytes.subarray(PREFIX_BYTES);
  const length = bytes.readBigUInt64LE(LENGTH_AT);
  if (length !== BigInt(body.length)) throw damaged(`has ${body.length} bytes of ${length}`);
  const checksum = bytes.subarray(CHECKSUM_AT, PREFIX_BYTES);
  if (!createHash("sha256").update(body).digest().equals(checksum)) throw damaged("does not fit its checksum");
  try {
    return decodeSnapshot(body);
  } catch (error) {
    throw damaged(`cannot be decoded: ${describeError(error)}`, error);
  }
}
