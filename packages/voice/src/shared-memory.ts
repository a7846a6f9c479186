import { SpeakingFlag } from "@antiphon/protocol/voice";
import { createRingMemory } from "./frame-ring.ts";

/** What main thread and worker share for one connection. */
export interface ConnectionMemory {
  /** Frames to send, written by the main thread; tag: the id of a stretch of a playback, 1 when it was cancelled, zeros; an empty frame ends its playback. */
  readonly send: SharedArrayBuffer;
  /** Received frames, written by the worker; tag: user id's high and low half, sequence, timestamp. */
  readonly receive: SharedArrayBuffer;
  /** {@link Counters}. */
  readonly counters: SharedArrayBuffer;
  /** {@link Controls}. */
  readonly controls: SharedArrayBuffer;
}

/** Frames that lie ready to be sent: 64 are 1.28 s. A power of two. */
const SEND_SLOTS = 64;
/** Received frames that wait for the main thread: 2.5 s of two speakers. A power of two. */
const RECEIVE_SLOTS = 256;

const counterNames = [
  "packetsSent",
  "bytesSent",
  "packetsReceived",
  "bytesReceived",
  "packetsLost",
  "packetsLate",
  "packetsUndecryptable",
  "packetsUnmapped",
  "packetsMalformed",
  "framesDropped",
  "framesWithheld",
  "underruns",
  "skippedTicks",
  "gatewayLatencyMs",
  "udpLatencyMs",
  "jitterBelow1Ms",
  "jitterBelow2Ms",
  "jitterBelow5Ms",
  "jitterBelow10Ms",
  "jitterBelow20Ms",
  "jitterBelow40Ms",
  "jitterBelow80Ms",
  "jitterBelow160Ms",
  "jitterAbove160Ms",
] as const;

/** The name of a number that the worker keeps and the main thread reads. */
export type CounterName = (typeof counterNames)[number];

/** Numbers that the worker writes and the main thread reads without asking. */
export interface Counters {
  add(name: CounterName, amount?: number): void;
  set(name: CounterName, value: number): void;
  get(name: CounterName): number;
}

/** A view of the counters. */
export function viewCounters(memory: SharedArrayBuffer): Counters {
  const values = new Float64Array(memory);
  const indexOf = Object.fromEntries(counterNames.map((name, index) => [name, index])) as Record<CounterName, number>;
  return {
    add(name, amount = 1) {
      values[indexOf[name]] = (values[indexOf[name]] ?? 0) + amount;
    },
    set(name, value) {
      values[indexOf[name]] = value;
    },
    get: (name) => values[indexOf[name]] ?? 0,
  };
}

const controlNames = ["paused", "receiving", "playbackId", "playedFrames", "receivePending", "speakingFlags"] as const;

/** The name of a flag or small number that both threads see at once. */
export type ControlName = (typeof controlNames)[number];

/** Flags and small numbers that one thread stores and the other loads. */
export interface Controls {
  load(name: ControlName): number;
  store(name: ControlName, value: number): void;
  /** Stores a value and gives the one before. */
  exchange(name: ControlName, value: number): number;
}

/** A view of the controls. */
export function viewControls(memory: SharedArrayBuffer): Controls {
  const values = new Int32Array(memory);
  const indexOf = Object.fromEntries(controlNames.map((name, index) => [name, index])) as Record<ControlName, number>;
  return {
    load: (name) => Atomics.load(values, indexOf[name]),
    store: (name, value) => void Atomics.store(values, indexOf[name], value),
    exchange: (name, value) => Atomics.exchange(values, indexOf[name], value),
  };
}

/** Allocates the memory of one connection, about 400 kB. */
export function createConnectionMemory(): ConnectionMemory {
  const memory: ConnectionMemory = {
    send: createRingMemory(SEND_SLOTS),
    receive: createRingMemory(RECEIVE_SLOTS),
    counters: new SharedArrayBuffer(8 * counterNames.length),
    controls: new SharedArrayBuffer(4 * controlNames.length),
  };
  const counters = viewCounters(memory.counters);
  viewControls(memory.controls).store("speakingFlags", SpeakingFlag.Microphone);
  // Not a number until it was measured.
  counters.set("gatewayLatencyMs", Number.NaN);
  counters.set("udpLatencyMs", Number.NaN);
  return memory;
}
