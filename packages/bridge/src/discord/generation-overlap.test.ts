import { createManualClock } from "@antiphon/std";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReceivedDispatch } from "./dispatch-codec.ts";
import type { GenerationMark } from "./generation-mark.ts";
import { createGenerationOverlap, type GenerationOverlap } from "./generation-overlap.ts";

/** What a lane reads: a dispatch of a generation, or a mark. */
type Item = { readonly generation: number; readonly text: string; readonly type?: string } | GenerationMark;
type Placed = Item & { readonly sequence: number; readonly publishedAtMs: number };

function received({ generation, text, type = "MESSAGE_CREATE" }: Exclude<Item, GenerationMark>): ReceivedDispatch {
  const data = () => JSON.parse(text) as unknown;
  return { type, generation, shardId: 0, sessionId: `of ${generation}`, sequence: 1, text: () => text, data };
}
const isMark = (item: Item): item is GenerationMark => "what" in item;

/** A lane that writes down what it is to handle. */
function createLane(inherited?: unknown, heard: string[] = []) {
  const clock = createManualClock();
  let repeated = 0;
  const overlap = createGenerationOverlap({
    inherited,
    onRepeated: () => repeated++,
    onLate: (late) => heard.push(late.text()),
    clock,
  });
  const give = (item: Placed) => (isMark(item) ? overlap.mark(item, item) : overlap.pass(received(item), item));
  let sequence = 0;
  return {
    overlap,
    heard,
    clock,
    give,
    get repeated() {
      return repeated;
    },
    /** The next message of the stream. */
    next(item: Item, publishedAtMs = 0) {
      for (const each of give({ ...item, sequence: ++sequence, publishedAtMs })) heard.push(each.text());
    },
  };
}

const begin = { what: "begin", generation: 1 } as const;
const takeOver = { what: "takeOver", generation: 1 } as const;
const old = (text: string) => ({ generation: 0, text });
const fresh = (text: string) => ({ generation: 1, text });

describe("createGenerationOverlap", () => {
  it("holds what the new generation brings until the old one has brought it, or no longer is in charge", () => {
    const lane = createLane();
    for (const item of [old("1"), begin, fresh("3"), fresh("4"), old("2"), old("3")]) lane.next(item);
    expect(lane.heard).toEqual(["1", "2", "3"]);
    for (const item of [takeOver, old("4"), fresh("5"), old("5"), { what: "end", generation: 0 } as const])
      lane.next(item);
    expect(lane.heard).toEqual(["1", "2", "3", "4", "5"]);
    for (const item of [old("6"), fresh("6")]) lane.next(item);
    expect(lane.heard.slice(5)).toEqual(["6"]);
    expect(lane.overlap.record).toMatchObject({ current: 0, overlap: { next: 1, tookOver: true } });
    lane.next(fresh("7"), 10_001);
    expect(lane.overlap.record).toEqual({ current: 1, newest: 1 });
    lane.next(fresh("7"), 10_002);
    expect(lane.heard.slice(5)).toEqual(["6", "7", "7"]);
  });

  it("tells the same text as often as one generation did", () => {
    const lane = createLane();
    for (const item of [begin, old("same"), fresh("same"), old("same"), old("same"), fresh("same")]) lane.next(item);
    expect(lane.heard).toEqual(["same", "same", "same"]);
    for (const item of [takeOver, fresh("same"), fresh("same")]) lane.next(item);
    expect(lane.heard).toHaveLength(4);
  });

  it("tells an interaction at once, by its id, and never twice", () => {
    const lane = createLane();
    const interaction = (generation: number, extra: string) =>
      ({ generation, type: "INTERACTION_CREATE", text: `{"id":"1","extra":"${extra}"}` }) as const;
    for (const item of [begin, interaction(1, "of new"), interaction(0, "of old")]) lane.next(item);
    expect(lane.heard).toEqual([interaction(1, "of new").text]);
  });

  it("tells nothing of the sessions of a generation that is not in charge", () => {
    const lane = createLane();
    const ready = (generation: number) => ({ generation, type: "READY", text: `${generation}` });
    for (const item of [begin, ready(1), ready(0), takeOver, ready(1)]) lane.next(item);
    expect(lane.heard).toEqual(["0", "1"]);
    expect(lane.repeated).toBe(1);
  });

  it("forgets a generation that was given up, and what still comes of it", () => {
    const lane = createLane();
    for (const item of [begin, fresh("1"), old("1"), fresh("2"), { what: "end", generation: 1 } as const, fresh("3")])
      lane.next(item);
    for (const item of [old("2"), old("3"), { what: "begin", generation: 2 } as const, old("4")]) lane.next(item);
    expect(lane.heard).toEqual(["1", "2", "3", "4"]);
    expect(lane.overlap.record).toMatchObject({ current: 0, newest: 2, overlap: { next: 2 } });
  });

  it("releases what the old generation does not bring: by the next message, or by itself on a quiet lane", async () => {
    const lane = createLane();
    for (const item of [begin, fresh("1")]) lane.next(item);
    lane.next(old("2"), 10_001);
    expect(lane.heard).toEqual(["1", "2"]);
    lane.next(fresh("3"), 10_002);
    await lane.clock.advance(10_000);
    lane.next(old("3"), 10_003);
    expect(lane.heard).toEqual(["1", "2", "3"]);
    lane.next(fresh("4"), 10_004);
    lane.overlap.close();
    await lane.clock.advance(10_000);
    expect(lane.heard).toEqual(["1", "2", "3"]);
  });

  it("holds no more than it may", () => {
    const lane = createLane();
    lane.next(begin);
    for (let number = 0; number < 1_005; number++) lane.next(fresh(`${number}`));
    lane.next(old("x"));
    expect(lane.heard).toEqual(["0", "1", "2", "3", "4", "x"]);
  });

  it("passes on what it cannot recognise, and follows a generation whose marks are gone", () => {
    const lane = createLane();
    lane.next({ generation: 3, text: "1" });
    lane.next(old("zombie"));
    expect(lane.heard).toEqual(["1"]);
    const broken = received(fresh("{"));
    lane.next({ what: "begin", generation: 4 });
    const text = () => {
      throw new Error("broken");
    };
    expect(lane.overlap.pass({ ...broken, generation: 4, text }, { sequence: 9, publishedAtMs: 0 })).toHaveLength(1);
  });

  it("tells each event once and in order, however the generations mingle and whoever has the lane", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 99 }), { minLength: 150, maxLength: 150 }), (choices) => {
        expect(run(choices)).toEqual(Array.from({ length: EVENTS }, (_, number) => `${number}`));
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

const EVENTS = 40;

/** Two generations tell of the same events, the new one from some event on; whoever has the lane changes. Gives what was heard. */
function run(choices: readonly number[]): readonly string[] {
  const choose = (index: number, limit: number) => (choices[index % choices.length] ?? 0) % limit;
  const start = 5 + choose(0, 10);
  const end = start + 5 + choose(1, 15);
  const stream = mingle(choices, start, end);
  const heard: string[] = [];
  let lane = createLane(undefined, heard);
  for (const [index, item] of stream.entries()) {
    for (const each of lane.give(item)) heard.push(each.text());
    if (choose(index + 2, 10) > 0) continue;
    // The next owner knows what was written down, and reads what it has to know besides.
    const generations = JSON.parse(JSON.stringify(lane.overlap.record)) as GenerationOverlap["record"];
    lane = createLane({ generations }, heard);
    const from = lane.overlap.replayFrom ?? item.sequence + 1;
    for (const again of stream.slice(from - 1, index + 1)) lane.give(again);
  }
  return heard;
}

/** A stream: the old generation tells the events up to `end`, the new one those from `start` on; it takes over between the two. */
function mingle(choices: readonly number[], start: number, end: number): readonly Placed[] {
  const items: Item[] = [];
  let [ofOld, ofNew] = [0, start];
  const lead = () => (choices[items.length % choices.length] ?? 0) % 3 === 0;
  while (ofOld < start - 3) items.push(old(`${ofOld++}`));
  items.push(begin);
  while (ofOld < start || ofNew < start + 3) {
    if (ofOld >= start || (lead() && ofNew < start + 3)) items.push(fresh(`${ofNew++}`));
    else items.push(old(`${ofOld++}`));
  }
  items.push(takeOver);
  while (ofOld < end) items.push(lead() && ofNew < EVENTS ? fresh(`${ofNew++}`) : old(`${ofOld++}`));
  items.push({ what: "end", generation: 0 });
  while (ofNew < EVENTS) items.push(fresh(`${ofNew++}`));
  return items.map((item, index) => ({ ...item, sequence: index + 1, publishedAtMs: index * 70 }));
}
