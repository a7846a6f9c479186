import type { InteractionData, ModelSnapshot } from "./model-snapshot.ts";
import type { ModelParameters } from "./model-parameters.ts";

const arrayTypes = { i32: Int32Array, f32: Float32Array, f64: Float64Array } as const;
type NumberArray = Int32Array | Float32Array | Float64Array;
type ArrayType = keyof typeof arrayTypes;

interface Section {
  readonly type: ArrayType;
  readonly length: number;
}

interface Header {
  readonly builtAtMs: number;
  readonly parameters: ModelParameters;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly bandDimensions: number;
  readonly factorDimensions: number;
  /** In the order in which the arrays follow, each aligned to 8 bytes. */
  readonly sections: Readonly<Record<string, Section>>;
}

const ALIGNMENT = 8;
const LENGTH_BYTES = 8;

/** A snapshot as bytes, in pieces: the length of a JSON header, the header, and the arrays. Numbers are little-endian. */
export function encodeSnapshot({ builtAtMs, parameters, interactions, parts }: ModelSnapshot): Uint8Array[] {
  const { rows, band, factors } = parts;
  const arrays: Record<string, NumberArray> = {
    lengths: interactions.lengths,
    items: interactions.items,
    rowLengths: rows.lengths,
    rowTargets: rows.targets,
    rowWeights: rows.weights,
    ...(band && { bandVectors: band.vectors, bandValues: band.values }),
    ...(factors && { factorVectors: factors.vectors, factorGram: factors.gram }),
  };
  const sections = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, { type: typeOf(array), length: array.length }]),
  );
  const header: Header = {
    builtAtMs,
    parameters,
    userIds: interactions.userIds,
    itemIds: interactions.itemIds,
    bandDimensions: band?.dimensions ?? 0,
    factorDimensions: factors?.dimensions ?? 0,
    sections,
  };
  const text = padded(new TextEncoder().encode(JSON.stringify(header)), 0x20);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, text.byteLength, true);
  const bytesOf = (array: NumberArray) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return [length, text, ...Object.values(arrays).map((array) => padded(bytesOf(array), 0))];
}

/** The snapshot in these bytes. Throws a RangeError, SyntaxError or TypeError for anything that is none. */
export function decodeSnapshot(bytes: Uint8Array): ModelSnapshot {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint32(0, true);
  const text = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerLength));
  const header = JSON.parse(text) as Header;
  const arrays = readArrays(bytes, LENGTH_BYTES + headerLength, header.sections);
  const array = <T extends ArrayType>(name: string, type: T) => {
    const found = arrays[name];
    if (!(found instanceof arrayTypes[type])) throw new TypeError(`there is no array "${name}" of type ${type}`);
    return found as InstanceType<(typeof arrayTypes)[T]>;
  };
  const { bandDimensions, factorDimensions, userIds, itemIds } = header;
  const interactions = { userIds, itemIds, lengths: array("lengths", "i32"), items: array("items", "i32") };
  const rows = {
    lengths: array("rowLengths", "i32"),
    targets: array("rowTargets", "i32"),
    weights: array("rowWeights", "f32"),
  };
  checkLists(interactions.lengths, interactions.items, userIds.length, itemIds.length);
  checkLists(rows.lengths, rows.targets, itemIds.length, itemIds.length);
  if (rows.weights.length !== rows.targets.length) throw new RangeError("the rows lack weights");
  return {
    builtAtMs: header.builtAtMs,
    parameters: header.parameters,
    interactions: interactions satisfies InteractionData,
    parts: {
      rows,
      band:
        header.parameters.band &&
        checkVectors(itemIds.length, {
          dimensions: bandDimensions,
          vectors: array("bandVectors", "f32"),
          values: array("bandValues", "f64"),
        }),
      factors:
        header.parameters.factors &&
        checkVectors(itemIds.length, {
          dimensions: factorDimensions,
          vectors: array("factorVectors", "f32"),
          gram: array("factorGram", "f64"),
        }),
    },
  };
}

function typeOf(array: NumberArray): ArrayType {
  if (array instanceof Int32Array) return "i32";
  return array instanceof Float32Array ? "f32" : "f64";
}

function padded(bytes: Uint8Array, filler: number): Uint8Array {
  if (bytes.byteLength % ALIGNMENT === 0) return bytes;
  const result = new Uint8Array(Math.ceil(bytes.byteLength / ALIGNMENT) * ALIGNMENT).fill(filler);
  result.set(bytes);
  return result;
}

function readArrays(bytes: Uint8Array, start: number, sections: Header["sections"]): Record<string, NumberArray> {
  const arrays: Record<string, NumberArray> = {};
  let offset = start;
  for (const [name, { type, length }] of Object.entries(sections)) {
    const ArrayOf = arrayTypes[type];
    const size = length * ArrayOf.BYTES_PER_ELEMENT;
    // A file's bytes need not lie where such an array may begin.
    const aligned = (bytes.byteOffset + offset) % ALIGNMENT === 0;
    if (!(length >= 0) || offset + size > bytes.byteLength) throw new RangeError(`the array "${name}" is not whole`);
    arrays[name] = aligned
      ? new ArrayOf(bytes.buffer as ArrayBuffer, bytes.byteOffset + offset, length)
      : new ArrayOf(Uint8Array.from(bytes.subarray(offset, offset + size)).buffer);
    offset += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
  }
  return arrays;
}

function checkLists(lengths: Int32Array, entries: Int32Array, listCount: number, entryCount: number): void {
  let sum = 0;
  for (const length of lengths) {
    if (length < 0) throw new RangeError("a list has a negative length");
    sum += length;
  }
  if (lengths.length !== listCount || sum !== entries.length) throw new RangeError("lists and lengths do not fit");
  for (const entry of entries) if (entry < 0 || entry >= entryCount) throw new RangeError(`there is no item ${entry}`);
}

function checkVectors<T extends { readonly dimensions: number; readonly vectors: Float32Array }>(
  itemCount: number,
  part: T,
): T {
  if (part.vectors.length !== itemCount * part.dimensions) throw new RangeError("vectors are missing");
  return part;
}
