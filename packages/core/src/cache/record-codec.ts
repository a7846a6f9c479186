import type { ByteReader, ByteWriter } from "./byte-writer.ts";
import { json, type FieldKind } from "./record-field.ts";

/** The fields that a kind of record usually has, and how each is written. */
export type RecordSchema = Readonly<Record<string, FieldKind>>;

/** Two bits for each field say what it is. */
const State = { absent: 0, null: 1, written: 2, common: 3 } as const;
const FIELDS_PER_BYTE = 4;

type Fields = Readonly<Record<string, unknown>>;

/** Turns plain JSON objects into few bytes and back, so that nothing is lost: what no schema foresaw is kept as JSON. */
export class RecordCodec {
  readonly #names: readonly string[];
  readonly #kinds: readonly FieldKind[];
  readonly #implied: readonly string[];
  readonly #stateBytes: number;

  /** `implied` are fields that the place of a record tells; they are left out, and the reader is to add them. */
  constructor(schema: RecordSchema, implied: readonly string[] = []) {
    this.#implied = implied;
    const written = Object.entries(schema).filter(([name]) => !implied.includes(name));
    this.#names = written.map(([name]) => name);
    this.#kinds = written.map(([, kind]) => kind);
    // One more for the rest.
    this.#stateBytes = Math.ceil((this.#names.length + 1) / FIELDS_PER_BYTE);
  }

  /** Writes a record. */
  write(writer: ByteWriter, value: object): void {
    const fields = value as Fields;
    const states = writer.zeros(this.#stateBytes);
    let foreseen = 0;
    for (const name of this.#implied) if (fields[name] !== undefined) foreseen++;
    let rest: Record<string, unknown> | undefined;
    const setState = (index: number, state: number) =>
      writer.or(states + Math.floor(index / FIELDS_PER_BYTE), state << ((index % FIELDS_PER_BYTE) * 2));
    for (let index = 0; index < this.#names.length; index++) {
      const name = this.#names[index] as string;
      const field = fields[name];
      if (field === undefined) continue;
      foreseen++;
      const kind = this.#kinds[index] as FieldKind;
      if (field === null) setState(index, State.null);
      else if (kind.isCommon(field)) setState(index, State.common);
      else if (kind.write(writer, field)) setState(index, State.written);
      else (rest ??= Object.create(null) as Record<string, unknown>)[name] = field;
    }
    if (countDefined(fields) > foreseen) rest = this.#unforeseen(fields, rest);
    if (rest === undefined) return;
    json.write(writer, rest);
    setState(this.#names.length, State.written);
  }

  #unforeseen(fields: Fields, rest: Record<string, unknown> | undefined): Record<string, unknown> {
    const more = rest ?? (Object.create(null) as Record<string, unknown>);
    for (const name of Object.keys(fields))
      if (fields[name] !== undefined && !this.#names.includes(name) && !this.#implied.includes(name))
        more[name] = fields[name];
    return more;
  }

  /** Reads a record into an object that may have fields already. */
  read(reader: ByteReader, record: Record<string, unknown> = {}): Record<string, unknown> {
    const states = reader.skip(this.#stateBytes);
    const stateOf = (index: number) =>
      (reader.at(states + Math.floor(index / FIELDS_PER_BYTE)) >> ((index % FIELDS_PER_BYTE) * 2)) & 0b11;
    for (let index = 0; index < this.#names.length; index++) {
      const state = stateOf(index);
      if (state === State.absent) continue;
      const kind = this.#kinds[index] as FieldKind;
      record[this.#names[index] as string] =
        state === State.null ? null : state === State.common ? kind.common() : kind.read(reader);
    }
    // Spread defines what JSON.parse made; an assignment would let a field called __proto__ through to the prototype.
    return stateOf(this.#names.length) === State.written ? { ...record, ...(json.read(reader) as Fields) } : record;
  }
}

function countDefined(fields: Fields): number {
  let count = 0;
  for (const name in fields) if (fields[name] !== undefined) count++;
  return count;
}

/** A field that is a record itself. */
export function nested(schema: RecordSchema): FieldKind {
  const codec = new RecordCodec(schema);
  return {
    write(writer, value) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
      codec.write(writer, value);
      return true;
    },
    read: (reader) => codec.read(reader),
    isCommon: () => false,
    common: () => undefined,
  };
}

/** A field that is a list of records. */
export function nestedList(schema: RecordSchema): FieldKind {
  const codec = new RecordCodec(schema);
  return {
    write(writer, value) {
      if (!Array.isArray(value)) return false;
      const isRecord = (item: unknown) => typeof item === "object" && item !== null && !Array.isArray(item);
      if (!value.every(isRecord)) return false;
      writer.varint(value.length);
      for (const item of value) codec.write(writer, item as object);
      return true;
    },
    read: (reader) => Array.from({ length: reader.varint() }, () => codec.read(reader)),
    isCommon: (value) => Array.isArray(value) && value.length === 0,
    common: () => [],
  };
}
