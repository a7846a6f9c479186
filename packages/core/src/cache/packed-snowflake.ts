import type { ByteReader, ByteWriter } from "./byte-writer.ts";

/** An id is kept as two numbers: its last nine decimal digits, and those before, of which there are at most eleven. */
export const SNOWFLAKE_BYTES = 9;
const LOW = 1_000_000_000;
const LOW_DIGITS = 9;
const MAXIMUM_DIGITS = 20;
const [ZERO, NINE] = [0x30, 0x39];

/** The two halves of an id; reused, so that reading one makes no garbage. */
export const halves = { high: 0, low: 0 };

/** Splits an id into {@link halves}; false when the text is no whole number in its usual spelling. */
export function splitSnowflake(id: string): boolean {
  const { length } = id;
  if (length === 0 || length > MAXIMUM_DIGITS || (length > 1 && id.charCodeAt(0) === ZERO)) return false;
  let high = 0;
  let low = 0;
  const border = length - LOW_DIGITS;
  for (let index = 0; index < length; index++) {
    const code = id.charCodeAt(index);
    if (code < ZERO || code > NINE) return false;
    if (index < border) high = high * 10 + code - ZERO;
    else low = low * 10 + code - ZERO;
  }
  halves.high = high;
  halves.low = low;
  return true;
}

/** The id of which these are the halves. */
export function joinSnowflake(high: number, low: number): string {
  return high === 0 ? String(low) : String(high) + String(LOW + low).slice(1);
}

/** Writes an id; false when it is none, and then nothing is written. */
export function writeSnowflake(writer: ByteWriter, id: unknown): boolean {
  if (typeof id !== "string" || !splitSnowflake(id)) return false;
  writer.halves(halves.high, halves.low);
  return true;
}

/** Reads an id. */
export function readSnowflake(reader: ByteReader): string {
  const { high, low } = reader.halves();
  return joinSnowflake(high, low);
}
