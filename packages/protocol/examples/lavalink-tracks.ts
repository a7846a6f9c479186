// Reads and writes the `encoded` text by which Lavalink knows a track, so that a bot can keep a queue without asking a node what is in it.
// Here: `npx node --conditions=@antiphon/source packages/protocol/examples/lavalink-tracks.ts`; in a project of your own: `node lavalink-tracks.ts`.
import { decodeTrack, encodeTrack, findFilterProblem, TrackCodecError } from "@antiphon/protocol/lavalink";

const encoded = encodeTrack({
  version: 3,
  title: "Spem in alium",
  author: "Thomas Tallis",
  lengthMs: 612_000n,
  identifier: "choir/spem.flac",
  isStream: false,
  uri: null,
  artworkUrl: null,
  isrc: null,
  sourceName: "local",
  details: new Uint8Array(),
  positionMs: 0n,
});
console.log(`${encoded.length} characters: ${encoded.slice(0, 32)}…`);

// Lengths are whole to the last bit: JSON would round that of a live stream.
const track = decodeTrack(encoded);
console.log(`${track.author}: ${track.title}, ${Number(track.lengthMs) / 60_000} minutes, from ${track.sourceName}`);

// A text that was cut off on its way says what is missing, and where.
try {
  decodeTrack(encoded.slice(0, 40));
} catch (error) {
  if (!(error instanceof TrackCodecError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}

// Filters can be judged before a node refuses them.
console.log(
  findFilterProblem({ equalizer: [{ band: 0, gain: 0.25 }], timescale: { speed: 1.1 } }) ?? "these filters are fine",
);
console.log(findFilterProblem({ equalizer: [{ band: 15, gain: 0.25 }] }));
