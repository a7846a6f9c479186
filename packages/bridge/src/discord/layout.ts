import { z } from "zod";
import { decodeJson } from "../bot/bot-envelope.ts";

const shardCountSchema = z.number().int().min(1).max(100_000);
const generationSchema = z.number().int().nonnegative();

/**
 * How the bot is divided, as it stands in the table of shards; the same for all of its processes. The first gateway writes it, and the
 * others keep to it. While the number of shards changes it also says how far that has come, so that any process can go on with it.
 */
export const layoutSchema = z.looseObject({
  shardCount: shardCountSchema,
  laneCount: z.number().int().min(1).max(1_024),
  /** Which division into shards this is: 0 for the first, more after each resharding. Tells shards of the same id apart. */
  generation: generationSchema.default(0),
  /** The newest generation that was begun, if it came to anything or not: a number is not used twice. */
  newest: generationSchema.default(0),
  /**
   * The shards that are to take over. `announced`: lanes are being told that two generations will speak. `connecting`: the shards
   * connect. `takingOver`: they are all there; lanes are being told, and there is no way back.
   */
  next: z
    .looseObject({
      generation: generationSchema,
      shardCount: shardCountSchema,
      phase: z.enum(["announced", "connecting", "takingOver"]),
    })
    .optional(),
  /** The shards that are to end: those before, or those that were to take over and did not, because of `problem`. */
  ending: z
    .looseObject({
      generation: generationSchema,
      shardCount: shardCountSchema,
      problem: z.string().max(2_000).optional(),
      /** The code of what Discord refused it with, if it did. */
      code: z.string().max(100).optional(),
    })
    .optional(),
});

/** See {@link layoutSchema}. */
export type Layout = z.infer<typeof layoutSchema>;

/** Reads a {@link Layout}; undefined for what is none. */
export function readLayout(value: Uint8Array): Layout | undefined {
  try {
    return layoutSchema.parse(decodeJson(value));
  } catch {
    return undefined;
  }
}

/** The key of the layout in the table of shards. */
export const LAYOUT_KEY = "layout";

/** A change of the layout; undefined when the layout is not, or no longer, such that it can be made. */
export type LayoutChange = (layout: Layout) => Layout | undefined;

/** Begins to change the number of shards. */
export function announced(shardCount: number): LayoutChange {
  return (layout) => {
    if (layout.next !== undefined || layout.ending !== undefined) return undefined;
    const generation = layout.newest + 1;
    return { ...layout, newest: generation, next: { generation, shardCount, phase: "announced" } };
  };
}

/** All lanes know of the new generation: its shards may connect. */
export function connecting(generation: number): LayoutChange {
  return inPhase(generation, "announced", (layout, next) => ({ ...layout, next: { ...next, phase: "connecting" } }));
}

/** All shards of the new generation are there. */
export function takingOver(generation: number): LayoutChange {
  return inPhase(generation, "connecting", (layout, next) => ({ ...layout, next: { ...next, phase: "takingOver" } }));
}

/** All lanes know that the new generation has taken over. */
export function takenOver(generation: number): LayoutChange {
  return inPhase(generation, "takingOver", ({ next: _, ...layout }, { shardCount }) => ({
    ...layout,
    shardCount,
    generation,
    ending: { generation: layout.generation, shardCount: layout.shardCount },
  }));
}

/** The new generation is given up; too late once it takes over. */
export function givenUp(generation: number, problem: string, code?: string): LayoutChange {
  return ({ next, ...layout }) => {
    if (next?.generation !== generation || next.phase === "takingOver") return undefined;
    return { ...layout, ending: { generation, shardCount: next.shardCount, problem: problem.slice(0, 2_000), code } };
  };
}

/** The generation that was ending is gone, and all lanes know it. */
export function settled(generation: number): LayoutChange {
  return ({ ending, ...layout }) => (ending?.generation === generation ? layout : undefined);
}

type Next = NonNullable<Layout["next"]>;

function inPhase(
  generation: number,
  phase: Next["phase"],
  change: (layout: Layout, next: Next) => Layout,
): LayoutChange {
  return (layout) => {
    const { next } = layout;
    return next?.generation === generation && next.phase === phase ? change(layout, next) : undefined;
  };
}
