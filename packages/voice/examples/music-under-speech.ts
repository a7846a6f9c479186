// Mixes music and an announcement as a radio does: while somebody speaks the music steps back, and afterwards it comes forward again. The
// mixer is one source like any other; here its frames are measured instead of sent.
// Here: `npx node --conditions=@antiphon/source packages/voice/examples/music-under-speech.ts`; in a project of your own:
// `node music-under-speech.ts`.
import { createMixer, createOpusDecoder, createPcmSource } from "@antiphon/voice/source";

/** Samples as they come from anywhere: interleaved s16le at 48,000 Hz, here one channel with a tone. */
async function* tone(frequencyHz: number, durationMs: number) {
  const samples = Int16Array.from(
    { length: durationMs * 48 },
    (_, index) => 8_000 * Math.sin((2 * Math.PI * frequencyHz * index) / 48_000),
  );
  yield new Uint8Array(samples.buffer);
}
const source = (frequencyHz: number, durationMs: number) =>
  createPcmSource(tone(frequencyHz, durationMs), { sampleRateHz: 48_000, channelCount: 1 });

/** How loud one frequency is in decoded stereo, by Goertzel's algorithm; relative figures will do. */
function strengthOf(frequencyHz: number, pcm: Uint8Array): number {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / 48_000);
  let before = 0;
  let now = 0;
  for (let at = 0; at < pcm.byteLength; at += 4)
    [before, now] = [now, view.getInt16(at, true) / 32_768 + coefficient * now - before];
  return Math.sqrt(before * before + now * now - coefficient * before * now) / (pcm.byteLength / 4);
}

const MUSIC_HZ = 400;
const SPEECH_HZ = 1_000;
const mixer = createMixer({ duckPercent: 20, duckFadeMs: 200 });
mixer.add(source(MUSIC_HZ, 6_000), { role: "music" });

// `connection.play(mixer)` would take these frames one by one; whoever takes them is the mixer's clock.
const decoder = createOpusDecoder();
let frames = 0;
async function listen(durationMs: number): Promise<Uint8Array> {
  const heard: Uint8Array[] = [];
  for (const untilFrame = frames + durationMs / 20; frames < untilFrame; frames++) {
    const packet = await mixer.next();
    if (packet === null) break;
    heard.push(decoder.decode(packet));
  }
  return Buffer.concat(heard);
}
const tell = (when: string, pcm: Uint8Array) => {
  const percent = (frequencyHz: number) => Math.round((strengthOf(frequencyHz, pcm) / full) * 10) * 10;
  console.log(`${when}: music at about ${percent(MUSIC_HZ)} %, speech at about ${percent(SPEECH_HZ)} %`);
};

await listen(400); // the encoder settles
const alone = await listen(1_000);
const full = strengthOf(MUSIC_HZ, alone);
tell("before ", alone);

const announcement = mixer.add(source(SPEECH_HZ, 2_000), { role: "speech" });
await listen(400); // the music gives way
tell("during ", await listen(1_000));

await listen(1_200); // the announcement ends, the music comes back
await announcement.ended;
tell("after  ", await listen(1_000));

console.log(`tracks left: ${mixer.trackCount}`);
await listen(10_000);
console.log(`the mixer ends with its last track, after about ${Math.round((frames * 20) / 1_000)} s`);
decoder.delete();
await mixer.close();
