import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import { decodeSnapshot, encodeSnapshot, type SessionSnapshot } from "@antiphon/lavalink/snapshots";
import { z } from "zod";

const snowflake = z.string().regex(/^\d{1,20}$/u);
const movedSchema = z.object({
  snapshot: z.string(),
  listen: z.object({ startedAtMs: z.number(), heardMs: z.number().min(0) }).nullable(),
  listeners: z.array(z.object({ userId: snowflake, channelId: snowflake })).max(1_000),
});

/** How much of the current track has been heard, and since when it plays. */
export type CarriedListen = NonNullable<z.output<typeof movedSchema>["listen"]>;
/** Somebody in a voice channel. */
export type CarriedListener = z.output<typeof movedSchema>["listeners"][number];

/** A player with what the bot knows of it besides. */
export interface MovedPlayer {
  readonly snapshot: SessionSnapshot;
  readonly listen: CarriedListen | null;
  readonly listeners: readonly CarriedListener[];
}

/** A full queue has a few hundred kilobytes. */
const MAXIMUM_BYTES = 16 * 1024 * 1024;
const compress = promisify<Buffer, Buffer>(deflateRaw);
const decompress = promisify<Buffer, { readonly maxOutputLength: number }, Buffer>(inflateRaw);

/** A player as text, compressed: the bus takes messages of limited size, and a queue may be long. */
export async function encodeMovedPlayer({ snapshot, listen, listeners }: MovedPlayer): Promise<string> {
  // What was played before is not restored, so it does not travel.
  const text = JSON.stringify({ snapshot: encodeSnapshot({ ...snapshot, history: [] }), listen, listeners });
  return (await compress(Buffer.from(text))).toString("base64");
}

/** Reads a player. Throws when it is damaged, or of another release. */
export async function decodeMovedPlayer(state: unknown): Promise<MovedPlayer> {
  const bytes = Buffer.from(z.string().parse(state), "base64");
  const text = (await decompress(bytes, { maxOutputLength: MAXIMUM_BYTES })).toString();
  const { snapshot, listen, listeners } = movedSchema.parse(JSON.parse(text));
  return { snapshot: decodeSnapshot(snapshot, "the bus"), listen, listeners };
}
