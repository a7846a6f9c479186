import type { Clock } from "@antiphon/std";
import { z } from "zod";
import type { ReceivedDispatch } from "./dispatch-codec.ts";
import type { GenerationMark } from "./generation-mark.ts";
import {
  advance,
  createOverlap,
  isOver,
  release,
  sight,
  SKEW_MS,
  type Overlap,
  type StreamPlace,
} from "./overlap-state.ts";

const recordSchema = z.looseObject({
  current: z.number().int().nonnegative(),
  newest: z.number().int().nonnegative(),
  overlap: z
    .looseObject({
      next: z.number().int().nonnegative(),
      tookOver: z.boolean(),
      ended: z.looseObject({ sequence: z.number(), publishedAtMs: z.number() }).optional(),
      from: z.number().int().nonnegative(),
    })
    .optional(),
});

/** What a lane's owner writes down of generations for whoever comes next. */
export type GenerationRecord = z.infer<typeof recordSchema>;

/** Options of {@link createGenerationOverlap}. */
export interface GenerationOverlapOptions {
  /** What the lane's owner before wrote down. */
  readonly inherited: unknown;
  /** Told of each dispatch that is no news. */
  readonly onRepeated: () => void;
  /** Gets a dispatch that was held back and that the old generation does not bring; it is to be handled now. */
  readonly onLate: (received: ReceivedDispatch) => void;
  readonly clock: Clock;
}

/** What a lane knows of the generations of shards that speak in it. */
export interface GenerationOverlap {
  /** Takes notice of a dispatch; gives those that are to be handled now, in order: this one, none, or others that were held back. */
  pass(received: ReceivedDispatch, place: StreamPlace): readonly ReceivedDispatch[];
  /** Takes notice of a mark; gives those that are to be handled now. */
  mark(mark: GenerationMark, place: StreamPlace): readonly ReceivedDispatch[];
  /** From where the stream is to be read again to know what the owner before knew; undefined when there is nothing to know. */
  readonly replayFrom: number | undefined;
  readonly record: GenerationRecord;
  close(): void;
}

/**
 * Recognises, in one lane, what two generations of shards both bring while the bot is resharded. It is told where that begins and ends by
 * marks in the stream, and measures time by the stream, so that its state follows from the stream alone and a lane's next owner comes to
 * the same.
 *
 * Until the take-over the old generation is in charge: what the new one brings is held until the old one has brought it, too, for it may
 * know of something before that. From then on whoever is first is heard. An interaction is heard at once in any case.
 */
export function createGenerationOverlap(options: GenerationOverlapOptions): GenerationOverlap {
  const { onRepeated, onLate, clock } = options;
  const inherited = readGenerationRecord(options.inherited);
  let { current, newest } = inherited;
  let overlap = inherited.overlap && inheritedOverlap(inherited.overlap);
  let closed = false;

  const finish = (state: Overlap) => {
    if (state.tookOver) current = state.next;
    overlap = undefined;
  };
  /** On a quiet lane no later message comes that would release what is held. */
  const releaseLater = (state: Overlap, received: ReceivedDispatch) => {
    const onDue = () => {
      const entry = state.held.get(received);
      if (closed || overlap !== state || entry === undefined) return;
      for (const each of release(state, (atMs) => atMs <= entry.atMs)) onLate(each);
    };
    clock.setTimer(SKEW_MS, onDue, { keepAlive: false });
  };
  const repeated = (count: number): void => {
    for (let number = 0; number < count; number++) onRepeated();
  };

  /** While one generation speaks. */
  const passAlone = (received: ReceivedDispatch): readonly ReceivedDispatch[] => {
    if (received.generation > newest) {
      // The marks left the stream before this lane came to read them.
      current = newest = received.generation;
    }
    if (received.generation === current) return [received];
    repeated(1);
    return [];
  };
  /** While two do. */
  const passBoth = (state: Overlap, received: ReceivedDispatch, place: StreamPlace): readonly ReceivedDispatch[] => {
    const due = advance(state, place);
    if (isOver(state, place)) {
      finish(state);
      return [...due, ...passAlone(received)];
    }
    const isOld = received.generation === current && place.sequence < (state.ended?.sequence ?? Infinity);
    if (!isOld && received.generation !== state.next) {
      repeated(1);
      return due;
    }
    const { isNews, isHeld, repeated: count } = sight(state, received, place.publishedAtMs);
    repeated(count);
    if (isHeld) releaseLater(state, received);
    return isNews ? [...due, received] : due;
  };

  const begin = (generation: number, place: StreamPlace): void => {
    if (generation <= newest) return;
    if (overlap !== undefined) finish(overlap);
    newest = generation;
    overlap = createOverlap(generation);
    advance(overlap, place);
  };
  const takeOver = (generation: number): readonly ReceivedDispatch[] => {
    if (overlap === undefined || generation !== overlap.next || overlap.tookOver) return [];
    overlap.tookOver = true;
    return release(overlap, () => true);
  };
  const end = (generation: number, { sequence, publishedAtMs }: StreamPlace): void => {
    if (overlap === undefined) return;
    if (generation === overlap.next && !overlap.tookOver) overlap = undefined;
    else if (generation === current && overlap.tookOver) overlap.ended ??= { sequence, publishedAtMs };
  };

  return {
    pass: (received, place) => (overlap === undefined ? passAlone(received) : passBoth(overlap, received, place)),
    mark({ what, generation }, place) {
      if (what === "takeOver") return takeOver(generation);
      if (what === "begin") begin(generation, place);
      else end(generation, place);
      return [];
    },
    replayFrom: inherited.overlap?.from,
    get record() {
      if (overlap === undefined) return { current, newest };
      const { next, tookOver, ended, checkpoints } = overlap;
      return { current, newest, overlap: { next, tookOver, ended, from: checkpoints[0]?.sequence ?? 0 } };
    },
    close() {
      closed = true;
    },
  };
}

/** The overlap that the owner before was in. */
function inheritedOverlap({ next, tookOver, ended, from }: NonNullable<GenerationRecord["overlap"]>): Overlap {
  return { ...createOverlap(next), tookOver, ended, checkpoints: [{ sequence: from, atMs: -Infinity }] };
}

/** Reads what the owner of a lane wrote down; what is none counts as a lane that knows of one generation only. */
export function readGenerationRecord(data: unknown): GenerationRecord {
  const parsed = z.looseObject({ generations: recordSchema }).safeParse(data);
  return parsed.success ? parsed.data.generations : { current: 0, newest: 0 };
}
