import { z } from "zod";
import { isRecord } from "./is-record.ts";
import { isPlainTrack, trackSchema } from "./track.ts";

/** Where a player is. @see Lavalink docs, "Player State" */
export const playerStateSchema = z.looseObject({
  /** The node's clock in milliseconds since the Unix epoch. */
  time: z.number(),
  /** Milliseconds into the track. */
  position: z.number(),
  /** Whether the node is in the voice channel. */
  connected: z.boolean(),
  /** Milliseconds to the voice server and back; -1 without a connection. */
  ping: z.number(),
});

/** Where a player is. */
export type PlayerState = z.output<typeof playerStateSchema>;

/** What a node needs to join a voice channel; all four since Lavalink 4.2.0. @see Lavalink docs, "Voice State" */
export const voiceStateSchema = z.looseObject({
  token: z.string(),
  endpoint: z.string(),
  sessionId: z.string(),
  channelId: z.string().nullish(),
});

/** A player as `GET` and `PATCH` answer it. @see Lavalink docs, "Player" */
export const wirePlayerSchema = z.looseObject({
  guildId: z.string(),
  track: trackSchema.nullish(),
  /** 0 to 1000. */
  volume: z.number(),
  paused: z.boolean(),
  state: playerStateSchema,
  voice: voiceStateSchema.partial().nullish(),
  filters: z.record(z.string(), z.unknown()).nullish(),
});

/** A player as `GET` and `PATCH` answer it. */
export type WirePlayer = z.output<typeof wirePlayerSchema>;

/** Reads a player as {@link wirePlayerSchema} does; the usual form, which answers every command, by hand. */
export const wirePlayerReader = {
  safeParse: (value: unknown) =>
    isPlainPlayer(value) ? ({ success: true, data: value } as const) : wirePlayerSchema.safeParse(value),
};

function isPlainPlayer(value: unknown): value is WirePlayer {
  return (
    isRecord(value) &&
    typeof value["guildId"] === "string" &&
    (value["track"] === null || isPlainTrack(value["track"])) &&
    Number.isFinite(value["volume"]) &&
    typeof value["paused"] === "boolean" &&
    isPlainPlayerState(value["state"]) &&
    isPlainVoice(value["voice"]) &&
    isRecord(value["filters"])
  );
}

/** Whether a value is a player's state by its plainest reading. */
export function isPlainPlayerState(value: unknown): value is PlayerState {
  return (
    isRecord(value) &&
    Number.isFinite(value["time"]) &&
    Number.isFinite(value["position"]) &&
    typeof value["connected"] === "boolean" &&
    Number.isFinite(value["ping"])
  );
}

function isPlainVoice(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value["token"] === "string" &&
    typeof value["endpoint"] === "string" &&
    typeof value["sessionId"] === "string" &&
    (typeof value["channelId"] === "string" || value["channelId"] === null)
  );
}

/** The body of `PATCH …/players/{guildId}`. @see Lavalink docs, "Update Player" */
export interface PlayerPatch {
  readonly track?: {
    /** Null stops; XOR `identifier`. */
    readonly encoded?: string | null;
    /** Loaded by the node; must give one track. */
    readonly identifier?: string;
    /** Sent back in every event of the track. */
    readonly userData?: Readonly<Record<string, unknown>>;
  };
  /** Milliseconds. */
  readonly position?: number;
  /** Milliseconds, above 0; null takes it away. */
  readonly endTime?: number | null;
  /** 0 to 1000. */
  readonly volume?: number;
  readonly paused?: boolean;
  /** Replaces every filter. */
  readonly filters?: Readonly<Record<string, unknown>>;
  readonly voice?: {
    readonly token: string;
    readonly endpoint: string;
    readonly sessionId: string;
    readonly channelId: string;
  };
}

/** The body of `PATCH …/players/{guildId}` as a server receives it. */
export const playerPatchSchema = z.looseObject({
  track: z
    .looseObject({
      encoded: z.string().nullish(),
      identifier: z.string().optional(),
      userData: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  /** Before 4.0 the track stood here; mixing both is refused. */
  encodedTrack: z.string().nullish(),
  identifier: z.string().optional(),
  position: z.number().optional(),
  endTime: z.number().nullish(),
  volume: z.number().int().optional(),
  paused: z.boolean().optional(),
  filters: z.record(z.string(), z.unknown()).optional(),
  voice: voiceStateSchema.partial().optional(),
});

/** The body of `PATCH /v4/sessions/{sessionId}`, and its answer. @see Lavalink docs, "Update Session" */
export const sessionPatchSchema = z.looseObject({
  resuming: z.boolean().optional(),
  /** Seconds, not milliseconds. */
  timeout: z.number().optional(),
});
