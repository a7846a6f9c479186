import { z } from "zod";
import { trackExceptionSchema } from "./exception.ts";
import { isRecord } from "./is-record.ts";
import { isPlainPlayerState, playerStateSchema } from "./player.ts";
import { isPlainTrack, trackSchema } from "./track.ts";

const readySchema = z.looseObject({ op: z.literal("ready"), resumed: z.boolean(), sessionId: z.string() });

/** How loaded a node is; NodeLink says `nodelinkLoad` for `lavalinkLoad`. @see Lavalink docs, "Stats Op" */
export const statsSchema = z.looseObject({
  players: z.number(),
  playingPlayers: z.number(),
  /** Milliseconds. */
  uptime: z.number(),
  /** All in bytes. */
  memory: z.looseObject({ free: z.number(), used: z.number(), allocated: z.number(), reservable: z.number() }),
  cpu: z.looseObject({
    cores: z.number(),
    /** 0 to 1. */
    systemLoad: z.number(),
    /** 0 to 1. */
    lavalinkLoad: z.number().optional(),
    nodelinkLoad: z.number().optional(),
  }),
  /** A mean per playing player and minute; 3,000 are expected. */
  frameStats: z.looseObject({ sent: z.number(), nulled: z.number(), deficit: z.number() }).nullish(),
});

/** How loaded a node is. */
export type NodeStats = z.output<typeof statsSchema>;

const statsMessageSchema = statsSchema.extend({ op: z.literal("stats") });

const playerUpdateSchema = z.looseObject({
  op: z.literal("playerUpdate"),
  guildId: z.string(),
  state: playerStateSchema,
});

/** Why a track ended, and whether the next may start. @see Lavalink docs, "Track End Reason" */
export const trackEndReasons = {
  finished: { mayStartNext: true },
  loadFailed: { mayStartNext: true },
  stopped: { mayStartNext: false },
  replaced: { mayStartNext: false },
  cleanup: { mayStartNext: false },
} as const;

/** Why a track ended. */
export type TrackEndReason = keyof typeof trackEndReasons;

const event = { op: z.literal("event"), guildId: z.string() };
const eventSchema = z.discriminatedUnion("type", [
  z.looseObject({ ...event, type: z.literal("TrackStartEvent"), track: trackSchema }),
  z.looseObject({
    ...event,
    type: z.literal("TrackEndEvent"),
    track: trackSchema,
    reason: z.enum(Object.keys(trackEndReasons) as [TrackEndReason, ...TrackEndReason[]]),
  }),
  z.looseObject({
    ...event,
    type: z.literal("TrackExceptionEvent"),
    track: trackSchema,
    exception: trackExceptionSchema,
  }),
  z.looseObject({ ...event, type: z.literal("TrackStuckEvent"), track: trackSchema, thresholdMs: z.number() }),
  z.looseObject({
    ...event,
    type: z.literal("WebSocketClosedEvent"),
    code: z.number(),
    reason: z.string(),
    byRemote: z.boolean(),
  }),
]);

export type ReadyMessage = z.output<typeof readySchema>;
export type StatsMessage = z.output<typeof statsMessageSchema>;
export type PlayerUpdateMessage = z.output<typeof playerUpdateSchema>;
export type EventMessage = z.output<typeof eventSchema>;

/** Everything that a Lavalink node sends. @see Lavalink docs, "WebSocket" */
export type NodeMessage = ReadyMessage | StatsMessage | PlayerUpdateMessage | EventMessage;

/** What came of a frame: a message, something that plugins or other servers add, or something broken. */
export type DecodedMessage =
  | { readonly kind: "message"; readonly message: NodeMessage }
  | { readonly kind: "unknown"; readonly raw: Readonly<Record<string, unknown>> }
  | { readonly kind: "malformed"; readonly reason: string };

const schemas = {
  ready: readySchema,
  stats: statsMessageSchema,
  playerUpdate: playerUpdateSchema,
  event: eventSchema,
} as const;
const eventTypes = new Set<unknown>(eventSchema.options.map((option) => option.shape.type.value));

/** Reads one text frame of a node; never throws. */
export function decodeMessage(text: string): DecodedMessage {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { kind: "malformed", reason: "the frame is not JSON" };
  }
  if (!isRecord(raw)) return { kind: "malformed", reason: "the frame is not a JSON object" };
  // Its type cannot follow what was looked at there.
  if (isPlainMessage(raw)) return { kind: "message", message: raw as unknown as NodeMessage };
  const frame = raw;
  const schema = Object.hasOwn(schemas, String(frame["op"])) ? schemas[frame["op"] as keyof typeof schemas] : undefined;
  if (schema === undefined) return { kind: "unknown", raw: frame };
  if (schema === eventSchema && !eventTypes.has(frame["type"])) return { kind: "unknown", raw: frame };
  const parsed = schema.safeParse(frame);
  if (parsed.success) return { kind: "message", message: parsed.data };
  return { kind: "malformed", reason: `${String(frame["op"])}: ${z.prettifyError(parsed.error)}` };
}

/** What comes of playing and often, checked by hand; what is not plainly right goes the long way. */
function isPlainMessage(frame: Readonly<Record<string, unknown>>): boolean {
  const { op, type } = frame;
  if (typeof frame["guildId"] !== "string") return false;
  if (op === "playerUpdate") return isPlainPlayerState(frame["state"]);
  if (op !== "event" || !isPlainTrack(frame["track"])) return false;
  return (
    type === "TrackStartEvent" || (type === "TrackEndEvent" && Object.hasOwn(trackEndReasons, String(frame["reason"])))
  );
}
