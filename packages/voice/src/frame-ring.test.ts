import fc from "fast-check";
import { expect, test } from "vitest";
import { createRingMemory, createRingReader, createRingWriter, RING_FRAME_BYTES } from "./frame-ring.ts";

function openRing(slots: number) {
  const memory = createRingMemory(slots);
  const target = new Uint8Array(RING_FRAME_BYTES);
  const tag = new Uint32Array(4);
  const reader = createRingReader(memory);
  const read = () => {
    const length = reader.read(target, tag);
    return length < 0 ? null : { frame: target.slice(0, length), tag: [...tag] };
  };
  return { memory, writer: createRingWriter(memory), reader, read };
}

test("gives frames and tags back in order, empty and longest ones too", () => {
  const { writer, read } = openRing(4);
  const longest = new Uint8Array(RING_FRAME_BYTES).fill(7);
  expect(writer.push(Uint8Array.of(1, 2), [1, 2, 3, 0xffff_ffff])).toBe(true);
  expect(writer.push(new Uint8Array(), [4, 0, 0, 0])).toBe(true);
  expect(writer.push(longest, [5, 0, 0, 0])).toBe(true);
  expect(read()).toEqual({ frame: Uint8Array.of(1, 2), tag: [1, 2, 3, 0xffff_ffff] });
  expect(read()).toEqual({ frame: new Uint8Array(), tag: [4, 0, 0, 0] });
  expect(read()).toEqual({ frame: longest, tag: [5, 0, 0, 0] });
  expect(read()).toBeNull();
});

test("behaves like a bounded queue that can be cleared, also where its indexes wrap", () => {
  const action = fc.oneof(
    fc.nat(255).map((value) => ({ type: "push", value }) as const),
    fc.constantFrom("read", "clear").map((type) => ({ type }) as const),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), fc.constantFrom(0, 0x7fff_fffe, -2), (actions, start) => {
      const memory = createRingMemory(4);
      // Written, read and cleared start just before they wrap.
      new Int32Array(memory, 0, 3).fill(start);
      const writer = createRingWriter(memory);
      const reader = createRingReader(memory);
      const target = new Uint8Array(RING_FRAME_BYTES);
      let model: number[] = [];
      for (const next of actions) {
        if (next.type === "push") {
          const fits = model.length < 4;
          expect(writer.push(Uint8Array.of(next.value), [0, 0, 0, 0])).toBe(fits);
          if (fits) model.push(next.value);
        } else if (next.type === "clear") {
          writer.clear();
          reader.applyClear();
          model = [];
        } else expect(reader.read(target, new Uint32Array(4)) < 0 ? undefined : target[0]).toBe(model.shift());
        expect(reader.size).toBe(model.length);
      }
    }),
  );
});

test("a clear reaches the reader at its next look, and only once", () => {
  const { writer, reader, read } = openRing(4);
  writer.push(Uint8Array.of(1), [0, 0, 0, 0]);
  writer.clear();
  writer.push(Uint8Array.of(2), [0, 0, 0, 0]);
  expect(reader.applyClear()).toBe(true);
  expect(reader.applyClear()).toBe(false);
  expect(read()?.frame).toEqual(Uint8Array.of(2));
});

test("a clear that the reader outran takes nothing from it", () => {
  const { writer, reader, read } = openRing(4);
  writer.push(Uint8Array.of(1), [0, 0, 0, 0]);
  read();
  writer.clear();
  writer.push(Uint8Array.of(2), [0, 0, 0, 0]);
  writer.push(Uint8Array.of(3), [0, 0, 0, 0]);
  expect(read()?.frame).toEqual(Uint8Array.of(2));
  expect(reader.applyClear()).toBe(false);
  expect(read()?.frame).toEqual(Uint8Array.of(3));
});

test("a writer that waits for space is woken by reads, by an applied clear, and by itself", async () => {
  const { writer, reader, read } = openRing(8);
  for (let index = 0; index < 8; index++) writer.push(Uint8Array.of(index), [0, 0, 0, 0]);
  const byReads = writer.waitForSpace(writer.spaceMark);
  for (let index = 0; index < 8; index++) read();
  await byReads;
  const byClear = writer.waitForSpace(writer.spaceMark);
  writer.push(Uint8Array.of(1), [0, 0, 0, 0]);
  writer.clear();
  reader.applyClear();
  await byClear;
  const mark = writer.spaceMark;
  writer.wake();
  await writer.waitForSpace(mark);
});
