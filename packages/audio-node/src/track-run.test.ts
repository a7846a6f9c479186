import { createEmitter, createManualClock } from "@antiphon/std";
import type { FrameSource, PlaybackEvent } from "@antiphon/voice";
import type { AudioSource } from "@antiphon/voice/source";
import { expect, test } from "vitest";
import { startTrackRun, type TrackRunOptions } from "./track-run.ts";
import type { LinkPlayback, VoiceLink } from "./voice-link.ts";

/** A source whose frames come when the test says so. */
function createSource(startMs: number) {
  const waiting: PromiseWithResolvers<Uint8Array | null>[] = [];
  let frames = 0;
  let closed = false;
  const source: AudioSource = {
    frameMs: 20,
    info: { format: "wav", container: "wav", durationMs: 1000, isLive: false },
    get positionMs() {
      return startMs + frames * 20;
    },
    volumePercent: 100,
    setVolume() {},
    next() {
      const pending = Promise.withResolvers<Uint8Array | null>();
      waiting.push(pending);
      return pending.promise;
    },
    close() {
      closed = true;
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const give = () => {
    frames++;
    waiting.shift()?.resolve(Uint8Array.of(1));
  };
  return { source, give, isClosed: () => closed };
}

/** A link that plays nothing by itself. */
function createLink() {
  const played: { source: FrameSource; emit: (event: PlaybackEvent) => void; stopped: boolean }[] = [];
  const link: VoiceLink = {
    pingMs: 1,
    frames: { sent: 0, missed: 0 },
    play(source): LinkPlayback {
      const emitter = createEmitter<PlaybackEvent>();
      const entry = { source, emit: emitter.emit, stopped: false };
      played.push(entry);
      const stop = () => {
        entry.stopped = true;
        void source.close();
      };
      return { on: emitter.on, positionMs: 40, pause() {}, resume() {}, stop };
    },
    update: () => Promise.resolve(),
    onClosed() {},
    close: () => Promise.resolve(),
  };
  return { link, played };
}

async function setUp(options: Partial<TrackRunOptions> = {}) {
  const clock = createManualClock();
  const events: string[] = [];
  const sources: ReturnType<typeof createSource>[] = [];
  const run = startTrackRun({
    clock,
    startMs: 0,
    paused: false,
    volumePercent: 100,
    filters: {},
    stuckThresholdMs: 10_000,
    endMs: () => null,
    open: ({ startMs = 0 }) => {
      const created = createSource(startMs);
      sources.push(created);
      return Promise.resolve(created.source);
    },
    listener: {
      onFinished: () => events.push("finished"),
      onFailed: (_error, hadAudio) => events.push(`failed ${hadAudio ? "after" : "before"} audio`),
      onStuck: (thresholdMs) => events.push(`stuck ${thresholdMs}`),
      onStreamTitle: (title) => events.push(`title ${title}`),
    },
    ...options,
  });
  const { link, played } = createLink();
  run.attach(link);
  await clock.advance(0);
  return { clock, events, sources, run, link, played };
}

test("audio that does not come is reported as stuck, and goes on when it comes", async () => {
  const { clock, events, sources, played } = await setUp();
  const frame = played[0]?.source.next();
  await clock.advance(9999);
  expect(events).toEqual([]);
  await clock.advance(1);
  expect(events).toEqual(["stuck 10000"]);
  sources[0]?.give();
  expect(await frame).toEqual(Uint8Array.of(1));
  expect(clock.pendingTimers).toBe(0);
});

test("the end marker ends it with the frame before", async () => {
  let endMs: number | null = null;
  const { sources, played } = await setUp({ endMs: () => endMs });
  const first = played[0]?.source.next();
  sources[0]?.give();
  await first;
  endMs = 20;
  expect(await played[0]?.source.next()).toBeNull();
});

test("a failure says whether anything was heard", async () => {
  const early = await setUp({ open: () => Promise.reject(new Error("no such thing")) });
  expect(early.events).toEqual(["failed before audio"]);
  const late = await setUp();
  late.played[0]?.emit({ type: "start" });
  late.played[0]?.emit({ type: "end", reason: "failed" });
  expect(late.events).toEqual(["failed after audio"]);
});

test("a lost link is waited for, and the next goes on from there", async () => {
  const { clock, events, run, played, link, sources } = await setUp();
  played[0]?.emit({ type: "end", reason: "closed" });
  run.attach(undefined);
  expect(run.positionMs).toBe(40);
  run.attach(link);
  await clock.advance(0);
  expect(sources.length).toBe(2);
  expect(sources[1]?.source.positionMs).toBe(40);
  expect(events).toEqual([]);
});

test("a seek opens anew and closes what was open, also while it is still opening", async () => {
  const { clock, run, played, sources } = await setUp();
  run.seek(500);
  run.seek(700);
  await clock.advance(0);
  expect(played[0]?.stopped).toBe(true);
  expect(sources.map((source) => source.isClosed())).toEqual([true, true, false]);
  expect(run.positionMs).toBe(740);
  run.close();
  run.close();
  expect(sources[2]?.isClosed()).toBe(true);
});
