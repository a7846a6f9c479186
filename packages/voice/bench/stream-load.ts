import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { createRingWriter } from "../src/frame-ring.ts";
import type { FrameSource } from "../src/frame-source.ts";
import { createPlayback } from "../src/playback.ts";
import { createConnectionMemory, viewControls, viewCounters } from "../src/shared-memory.ts";
import { createOpusCodec, createPcmSource } from "../src/source/index.ts";
import type { LoadOrder } from "./stream-load-worker.ts";

/** What the process is to do, as JSON in its first argument. */
export interface LoadTask {
  readonly streams: number;
  /** `opus` passes frames of 160 bytes through; `pcm` encodes samples with opusscript, at 64 kbit/s and complexity 5, on the main thread. */
  readonly input: "opus" | "pcm";
  /** How long the window is that counts, in milliseconds. */
  readonly windowMs: number;
}

/** What it prints, as JSON. */
export interface LoadResult {
  /** The share of the window's ticks in which a frame left, in percent. */
  readonly onTimePercent: number;
  readonly skippedTicks: number;
  readonly underruns: number;
}

const task = JSON.parse(process.argv[2] ?? "") as LoadTask;
const codec = createOpusCodec("opusscript");
const LEAD_MS = 3_000;
const sleep = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));

function createOpusSource(): FrameSource {
  const frame = new Uint8Array(160).fill(0x55);
  frame[0] = 0xfc;
  return { frameMs: 20, next: () => Promise.resolve(frame), close() {} };
}

/** A second of a chord: silence or noise would be cheaper or dearer to encode than music is. */
function createChord(): Uint8Array {
  const chord = new Int16Array(96_000);
  for (let index = 0; index < 48_000; index++) {
    const t = (2 * Math.PI * index) / 48_000;
    chord[2 * index] = 6_000 * (Math.sin(440 * t) + Math.sin(554 * t));
    chord[2 * index + 1] = 6_000 * (Math.sin(440 * t) + Math.sin(659 * t));
  }
  return new Uint8Array(chord.buffer);
}
const chord = createChord();

async function* samples(): AsyncGenerator<Uint8Array> {
  for (;;) yield chord;
}

// Nobody reads it: the kernel drops what does not fit, and the sender pays as much as for a server.
const sink = createSocket("udp4");
sink.bind(0, "127.0.0.1");
await once(sink, "listening");
const { port } = sink.address();
const memories = Array.from({ length: task.streams }, createConnectionMemory);
const worker = new Worker(new URL("stream-load-worker.ts", import.meta.url), { execArgv: process.execArgv });
worker.postMessage({ type: "open", memories, port } satisfies LoadOrder);
memories.forEach((memory, index) => {
  createPlayback({
    source:
      task.input === "opus"
        ? createOpusSource()
        : createPcmSource(samples(), { codec, bitrateBps: 64_000, complexity: 5 }),
    loop: false,
    stuckAfterMs: 60_000,
    ring: createRingWriter(memory.send),
    controls: viewControls(memory.controls),
    wake: () => worker.postMessage({ type: "wake", index } satisfies LoadOrder),
    createId: () => 1,
    after: null,
    place: () => ({ isCurrent: true, isLast: true }),
  });
});

const counters = memories.map((memory) => viewCounters(memory.counters));
const controls = memories.map((memory) => viewControls(memory.controls));
const sum = (name: "skippedTicks" | "underruns") => counters.reduce((total, each) => total + each.get(name), 0);
const snapshot = () => ({
  played: controls.reduce((total, each) => total + each.load("playedFrames"), 0),
  skipped: sum("skippedTicks"),
  dry: sum("underruns"),
});

await sleep(LEAD_MS);
const from = snapshot();
await sleep(task.windowMs);
const until = snapshot();
const played = until.played - from.played;
const skippedTicks = until.skipped - from.skipped;
const underruns = until.dry - from.dry;
const onTimePercent = (100 * played) / (played + skippedTicks + underruns);
console.log(JSON.stringify({ onTimePercent, skippedTicks, underruns } satisfies LoadResult));
process.exit();
