import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "./byte-writer.ts";
import { nested, RecordCodec } from "./record-codec.ts";
import { boolean, id, ids, image, integer, json, text, time } from "./record-field.ts";

const inner = { id, username: text, avatar: image, bot: boolean };
const schema = {
  id,
  name: text,
  count: integer,
  on: boolean,
  at: time,
  image,
  roles: ids,
  more: json,
  user: nested(inner),
};
const codec = new RecordCodec(schema, ["place"]);
const writer = new ByteWriter();
const reader = new ByteReader();

function roundTrip(value: object): unknown {
  writer.reset();
  writer.text("something before");
  const at = writer.length;
  codec.write(writer, value);
  writer.text("something after");
  reader.open(Buffer.from(writer.bytes.subarray(0, writer.length)), at);
  const read = codec.read(reader);
  expect(reader.text()).toBe("something after");
  return read;
}

const snowflake = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }).map(String);
const moment = fc
  .tuple(fc.integer({ min: 0, max: 4_000_000_000_000 }), fc.integer({ min: 0, max: 999 }), fc.boolean())
  .map(([ms, micros, short]) => {
    const iso = new Date(ms).toISOString();
    return short ? `${iso.slice(0, 19)}+00:00` : `${iso.slice(0, 23)}${String(micros).padStart(3, "0")}+00:00`;
  });
const hash = fc
  .tuple(
    fc.constantFrom("", "a_"),
    fc.array(fc.constantFrom(...Array.from({ length: 16 }, (_, digit) => digit.toString(16))), {
      minLength: 32,
      maxLength: 32,
    }),
  )
  .map(([prefix, digits]) => prefix + digits.join(""));
// JSON writes -0 as 0, and so does Discord.
const anything = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const or = (usual: fc.Arbitrary<unknown>) =>
  fc.oneof({ arbitrary: usual, weight: 4 }, fc.constantFrom(null, "", 0, false, [], {}), anything);
const record = fc
  .record(
    {
      id: or(snowflake),
      name: or(fc.string({ unit: "binary" })),
      count: or(fc.nat({ max: Number.MAX_SAFE_INTEGER })),
      on: or(fc.boolean()),
      at: or(moment),
      image: or(hash),
      roles: or(fc.array(snowflake)),
      more: or(anything),
      user: or(
        fc.record({ id: snowflake, username: fc.string(), avatar: or(hash), bot: fc.boolean() }, { requiredKeys: [] }),
      ),
      ["__proto__"]: anything,
      unforeseen: anything,
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as object);

describe("a record codec", () => {
  it("loses nothing, whatever the fields are", () => {
    fc.assert(
      fc.property(record, (value) => {
        const read = roundTrip(value);
        expect(read).toEqual(value);
        expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
        expect(Object.keys(read as object).toSorted()).toEqual(Object.keys(value).toSorted());
      }),
      { numRuns: 2_000 },
    );
  });

  it("keeps what looks almost like an id, a hash or a moment", () => {
    const values = [
      "01",
      "00",
      "-1",
      "1e5",
      "123456789012345678901",
      "2021-02-30T00:00:00+00:00",
      "2021-03-04T05:06:07Z",
    ];
    for (const value of values) {
      const own = { id: value, at: value, image: value, roles: ["1", value], name: "\ud800" };
      expect(roundTrip(own)).toEqual(own);
    }
    const hashes = { image: "A".repeat(32), user: { avatar: "b_".padEnd(34, "0") } };
    expect(roundTrip(hashes)).toEqual(hashes);
  });

  it("leaves out what the place tells and what is undefined", () => {
    expect(roundTrip({ place: "1", name: undefined, other: undefined, on: true })).toEqual({ on: true });
  });
});
