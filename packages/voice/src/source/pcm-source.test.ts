import { expect, test } from "vitest";
import { chirp, createWav, decodePackets, likeness } from "./__fixtures__/chirp.ts";
import { createPcmSource, type PcmSource } from "./index.ts";

async function* piecesOf(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
async function packetsOf(source: PcmSource): Promise<Uint8Array[]> {
  const packets: Uint8Array[] = [];
  for (let packet = await source.next(); packet !== null; packet = await source.next()) packets.push(packet);
  return packets;
}
/** Interleaved s16le, as it stands behind a WAV file's header. */
const s16le = (rateHz: number, channelCount: 1 | 2) =>
  createWav(chirp(600, rateHz).slice(0, channelCount), rateHz).subarray(44);

test.each([
  { sampleRateHz: 48_000, channelCount: 2, pieceBytes: 1 },
  { sampleRateHz: 48_000, channelCount: 2, pieceBytes: 5_001 },
  { sampleRateHz: 24_000, channelCount: 1, pieceBytes: 960 },
  { sampleRateHz: 44_100, channelCount: 2, pieceBytes: 1_000_000 },
] as const)("samples become Opus that sounds like them: %o", async ({ pieceBytes, ...format }) => {
  const source = createPcmSource(piecesOf(s16le(format.sampleRateHz, format.channelCount), pieceBytes), format);
  const packets = await packetsOf(source);
  expect(packets.length).toBeGreaterThanOrEqual(30);
  const [left] = decodePackets(packets);
  expect(likeness(chirp(600)[0], left).ratio).toBeGreaterThan(0.97);
  await source.close();
});

test("closing ends what gives the samples, and refuses nothing afterwards", async () => {
  let ended = false;
  const endless = async function* () {
    try {
      for (;;) yield new Uint8Array(3_840);
    } finally {
      ended = true;
    }
  };
  await using source = createPcmSource(endless());
  expect((await source.next())?.length).toBeGreaterThan(0);
  await source.close();
  expect(ended).toBe(true);
  expect(await source.next()).toBeNull();
});

test("a rate that makes no sense is refused", () => {
  expect(() => createPcmSource(piecesOf(new Uint8Array(4), 4), { sampleRateHz: 10 })).toThrow(RangeError);
});
