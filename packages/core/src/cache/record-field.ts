import type { ByteReader, ByteWriter } from "./byte-writer.ts";
import { readSnowflake, writeSnowflake } from "./packed-snowflake.ts";

/**
 * How a field is written. `write` gives false, and writes nothing, for what it cannot write so that it reads the same; such a value
 * goes the slow way, as JSON. A value that equals `common` costs no bytes.
 */
export interface FieldKind {
  write(writer: ByteWriter, value: unknown): boolean;
  read(reader: ByteReader): unknown;
  /** Whether it is the value that most have: false, 0, no text, no items. */
  isCommon(value: unknown): boolean;
  /** That value. */
  readonly common: () => unknown;
}

const never = () => false;
const emptyArray = (value: unknown) => Array.isArray(value) && value.length === 0;

/** A snowflake. */
export const id: FieldKind = { write: writeSnowflake, read: readSnowflake, isCommon: never, common: () => undefined };

/** Any text. */
export const text: FieldKind = {
  write(writer, value) {
    // A half of a surrogate pair has no UTF-8.
    if (typeof value !== "string" || !value.isWellFormed()) return false;
    writer.text(value);
    return true;
  },
  read: (reader) => reader.text(),
  isCommon: (value) => value === "",
  common: () => "",
};

/** Yes or no; "no" is the common one, so that neither takes more than its state. */
export const boolean: FieldKind = {
  write: (_writer, value) => value === true,
  read: () => true,
  isCommon: (value) => value === false,
  common: () => false,
};

/** A whole number from 0. */
export const integer: FieldKind = {
  write(writer, value) {
    if (!Number.isSafeInteger(value) || (value as number) < 0) return false;
    writer.varint(value as number);
    return true;
  },
  read: (reader) => reader.varint(),
  isCommon: (value) => value === 0,
  common: () => 0,
};

const HASH_DIGITS = 32;
const ANIMATED = "a_";

function isHash(value: string): boolean {
  if (value.length !== HASH_DIGITS && !(value.length === HASH_DIGITS + 2 && value.startsWith(ANIMATED))) return false;
  for (let index = value.length - HASH_DIGITS; index < value.length; index++) {
    const code = value.charCodeAt(index);
    // 0 to 9, and a to f.
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false;
  }
  return true;
}

/** The name of an image: 32 hexadecimal digits, after `a_` when it is animated. */
export const image: FieldKind = {
  write(writer, value) {
    if (typeof value !== "string" || !isHash(value)) return false;
    writer.byte(value.length > HASH_DIGITS ? 1 : 0);
    writer.hex(value.slice(-HASH_DIGITS));
    return true;
  },
  read: (reader) => (reader.byte() === 1 ? ANIMATED : "") + reader.hex(HASH_DIGITS / 2),
  isCommon: never,
  common: () => undefined,
};

const NO_FRACTION = 0xffff;
const MILLISECONDS_END = 23;
const ZERO = 0x30;
/** How Discord spells a moment; digits are where the zeros are. */
const LONG_TIME = "0000-00-00T00:00:00.000000+00:00";
const SHORT_TIME = "0000-00-00T00:00:00+00:00";

function hasShape(value: string, shape: string): boolean {
  for (let index = 0; index < shape.length; index++) {
    const expected = shape.charCodeAt(index);
    const digit = value.charCodeAt(index) - ZERO;
    if (expected === ZERO ? digit < 0 || digit > 9 : digit !== expected - ZERO) return false;
  }
  return true;
}

/** The number that some digits of a text are. */
function digits(value: string, from: number, to: number): number {
  let number = 0;
  for (let index = from; index < to; index++) number = number * 10 + value.charCodeAt(index) - ZERO;
  return number;
}

/** A moment in milliseconds since 1970; undefined when there is no such day or hour. */
function readTime(value: string, isLong: boolean): number | undefined {
  const [year, month, day] = [digits(value, 0, 4), digits(value, 5, 7), digits(value, 8, 10)];
  const [hour, minute, second] = [digits(value, 11, 13), digits(value, 14, 16), digits(value, 17, 19)];
  // Days that not every month has are spelled the slow way.
  if (year < 1970 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  if (day > 28 && new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second, isLong ? digits(value, 20, MILLISECONDS_END) : 0);
}

/** A moment: `2021-03-04T05:06:07.089012+00:00`, or without the fraction. */
export const time: FieldKind = {
  write(writer, value) {
    if (typeof value !== "string") return false;
    const isLong = value.length === LONG_TIME.length;
    if (!isLong && value.length !== SHORT_TIME.length) return false;
    if (!hasShape(value, isLong ? LONG_TIME : SHORT_TIME)) return false;
    const timeMs = readTime(value, isLong);
    if (timeMs === undefined) return false;
    const micros = isLong ? digits(value, MILLISECONDS_END, MILLISECONDS_END + 3) : NO_FRACTION;
    writer.sixBytes(timeMs);
    writer.byte(micros >>> 8);
    writer.byte(micros & 0xff);
    return true;
  },
  read(reader) {
    const iso = new Date(reader.sixBytes()).toISOString();
    const micros = reader.byte() * 0x100 + reader.byte();
    if (micros === NO_FRACTION) return `${iso.slice(0, 19)}+00:00`;
    return `${iso.slice(0, MILLISECONDS_END)}${String(micros).padStart(3, "0")}+00:00`;
  },
  isCommon: never,
  common: () => undefined,
};

/** Several snowflakes. */
export const ids: FieldKind = {
  write(writer, value) {
    if (!Array.isArray(value)) return false;
    const before = writer.length;
    writer.varint(value.length);
    for (const item of value) {
      if (writeSnowflake(writer, item)) continue;
      writer.rewind(before);
      return false;
    }
    return true;
  },
  read: (reader) => Array.from({ length: reader.varint() }, () => readSnowflake(reader)),
  isCommon: emptyArray,
  common: () => [],
};

/** Anything else. */
export const json: FieldKind = {
  write(writer, value) {
    writer.text(JSON.stringify(value));
    return true;
  },
  read: (reader) => JSON.parse(reader.text()) as unknown,
  isCommon: emptyArray,
  common: () => [],
};
