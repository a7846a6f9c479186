import { expect, test } from "vitest";
import { chirp, createWav, decodePackets, loudness, readPackets } from "../source/__fixtures__/chirp.ts";
import { openSource } from "../source/index.ts";
import { createOggOpusWriter } from "./index.ts";

test("what it writes is read back packet by packet, with silence where nothing was", async () => {
  await using source = await openSource({ bytes: createWav(chirp(1_500), 48_000) });
  const packets = await readPackets(source);
  const writer = createOggOpusWriter(7);
  const parts = [writer.begin()];
  for (const [index, packet] of packets.entries())
    parts.push(writer.push(packet, (index < 50 ? index : index + 25) * 960));
  parts.push(writer.end());
  await using read = await openSource({ bytes: Buffer.concat(parts) });
  expect(read.info).toMatchObject({ format: "opus", durationMs: 2_000 });
  const heard = await readPackets(read);
  expect(heard.filter(({ length }) => length !== 3).map((packet) => Buffer.from(packet))).toEqual(
    packets.map((packet) => Buffer.from(packet)),
  );
  expect(heard.length).toBe(packets.length + 25);
  const [left] = decodePackets(heard);
  expect(loudness(left.subarray(52 * 960, 74 * 960))).toBeLessThan(0.02);
});

test("packets of every size fit on pages", async () => {
  const writer = createOggOpusWriter(1);
  const packets = Array.from({ length: 300 }, (_, index) =>
    new Uint8Array(1 + ((index * 37) % 1_275)).fill(index & 0xff),
  );
  for (const packet of packets) packet[0] = 0xfc;
  const parts = [writer.begin(), ...packets.map((packet, index) => writer.push(packet, index * 960)), writer.end()];
  await using read = await openSource({ bytes: Buffer.concat(parts) });
  expect((await readPackets(read)).map(({ length }) => length)).toEqual(packets.map(({ length }) => length));
});
