import type { Transaction } from "kysely";
import type { HistoryDriver } from "./history-driver.ts";
import type { HistorySchema } from "./history-schema.ts";

const ROWS_A_STATEMENT = 500;

/** Removes everything about a listener; plays stay in their community's history without a name. */
export async function forgetListener(
  driver: HistoryDriver,
  transaction: Transaction<HistorySchema>,
  userId: string,
): Promise<void> {
  await driver.lockTracks?.(transaction);
  await transaction.updateTable("play").set({ user_id: null }).where("user_id", "=", userId).execute();
  const listener = await transaction
    .selectFrom("listener")
    .select("id")
    .where("user_id", "=", userId)
    .executeTakeFirst();
  if (listener === undefined) return;
  // What nobody else has heard would go on telling about them.
  driver.forgetRemembered?.();
  const trackIds = await tracksOfNobodyElse(transaction, listener.id);
  await transaction.deleteFrom("listener").where("id", "=", listener.id).execute();
  for (let at = 0; at < trackIds.length; at += ROWS_A_STATEMENT) {
    const part = trackIds.slice(at, at + ROWS_A_STATEMENT);
    await transaction.deleteFrom("track_tag").where("track_id", "in", part).execute();
    await transaction.deleteFrom("track").where("id", "in", part).execute();
  }
}

async function tracksOfNobodyElse(transaction: Transaction<HistorySchema>, listenerId: number): Promise<number[]> {
  const inPlaylists = transaction
    .selectFrom("playlist_track")
    .innerJoin("playlist", "playlist.id", "playlist_id")
    .select("track_id");
  const rows = await transaction
    .selectFrom("scrobble")
    .select("track_id")
    .where("listener_id", "=", listenerId)
    .union(inPlaylists.where("listener_id", "=", listenerId))
    .except(transaction.selectFrom("scrobble").select("track_id").where("listener_id", "!=", listenerId))
    .except(inPlaylists.where("listener_id", "!=", listenerId))
    .except(transaction.selectFrom("play").select("track_id"))
    .execute();
  return rows.map(({ track_id: id }) => id);
}
