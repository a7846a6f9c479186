import { z } from "zod";
import { decodeJson, encodeJson } from "../bot/bot-envelope.ts";
import type { BusMessage } from "../bus/bus-message.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import { dispatchPrefix } from "./dispatch-codec.ts";

/** What is told to a lane about generations of shards, between its dispatches. */
export const generationMarkSchema = z.looseObject({
  /**
   * `begin`: from here on the lane may get each event from two generations. `takeOver`: the new generation has everything from before
   * this point on. `end`: the generation is gone; what still comes of it is no news.
   */
  what: z.enum(["begin", "takeOver", "end"]),
  generation: z.number().int().nonnegative(),
});

/** See {@link generationMarkSchema}. */
export type GenerationMark = z.infer<typeof generationMarkSchema>;

/** The lanes that are told. */
export interface MarkTarget {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly laneCount: number;
  readonly signal: AbortSignal;
}

/** Stands where dispatches have their shard and their event. */
const MARK_TOKENS = "layout.MARK";

/**
 * Tells all lanes. Each process may, and the same mark means the same however often it comes; the bus drops most of the repeated
 * ones by their id.
 */
export async function publishMark(
  { bus, applicationId, laneCount, signal }: MarkTarget,
  { what, generation }: GenerationMark,
): Promise<void> {
  const data = encodeJson({ what, generation });
  const publish = (lane: number) =>
    bus.publish(`${dispatchPrefix(applicationId)}.${MARK_TOKENS}.${lane}`, data, {
      signal,
      id: `${applicationId}.generation-${generation}.${what}.${lane}`,
    });
  await Promise.all(Array.from({ length: laneCount }, (_, lane) => publish(lane)));
}

/** Reads a {@link GenerationMark}; undefined for what is none. */
export function readMark({ subject, data }: BusMessage): GenerationMark | undefined {
  if (!subject.includes(`.${MARK_TOKENS}.`)) return undefined;
  try {
    return generationMarkSchema.parse(decodeJson(data));
  } catch {
    return undefined;
  }
}
