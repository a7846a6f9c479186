import type { Lavalink, QueuedTrack, Track as LavalinkTrack } from "@antiphon/lavalink";
import type { GuildId } from "@antiphon/protocol/discord";
import type { Recommender } from "@antiphon/recommender";
import type { Track } from "@antiphon/recommender/store";
import { type Clock, type Logger } from "@antiphon/std";
import type { CarriedListen } from "../roles/moved-player.ts";

/** A track that plays now, and how much of it has been heard. */
interface Listen {
  readonly track: QueuedTrack;
  readonly startedAtMs: number;
  heardMs: number;
  measuredAtMs: number;
}

/** A stream has no length: heard for this long it counts as heard. */
const STREAM_HEARD_MS = 60_000;
const MAXIMUM_TEXT_LENGTH = 1_000;

/** Options of {@link recordPlays}. */
export interface PlayHistoryOptions {
  readonly lavalink: Lavalink;
  readonly recommender: Recommender;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A node's track as the recommender knows tracks. */
export function historyTrack({ info }: LavalinkTrack): Track {
  const cut = (text: string) => text.slice(0, MAXIMUM_TEXT_LENGTH);
  return {
    title: cut(info.title),
    artist: cut(info.author),
    durationMs: info.isStream ? null : info.length,
    identifier: cut(info.uri ?? info.identifier),
  };
}

/** Records every track that was played, with the share that was heard. Disposing it ends that. */
export interface PlayRecorder extends AsyncDisposable {
  /** How much was heard so far of what plays in a guild; undefined where nothing plays. */
  listenOf(guildId: GuildId): CarriedListen | undefined;
  /** Counts the next track of a guild as the rest of one that began in another process. */
  carry(guildId: GuildId, listen: CarriedListen): void;
  /** Leaves what plays in a guild to the process that plays the rest of it. */
  release(guildId: GuildId): void;
}

/** Builds a {@link PlayRecorder}. */
export function recordPlays({ lavalink, recommender, clock, logger }: PlayHistoryOptions): PlayRecorder {
  const listens = new Map<GuildId, Listen>();
  const carried = new Map<GuildId, CarriedListen>();
  const ending = new AbortController();
  const { signal } = ending;
  const writing = new Set<Promise<unknown>>();

  /** Adds the time since the last look, unless the player stood still. */
  const measure = (guildId: GuildId): Listen | undefined => {
    const listen = listens.get(guildId);
    const player = lavalink.players.get(guildId);
    if (listen === undefined) return undefined;
    const nowMs = clock.monotonicMs();
    if (player?.paused !== true) listen.heardMs += nowMs - listen.measuredAtMs;
    listen.measuredAtMs = nowMs;
    return listen;
  };

  const record = (guildId: GuildId, listen: Listen, finished: boolean) => {
    const track = historyTrack(listen.track);
    const lengthMs = track.durationMs ?? STREAM_HEARD_MS;
    const heardRatio = finished ? 1 : Math.min(1, listen.heardMs / Math.max(1, lengthMs));
    const play = {
      playId: `${guildId}:${listen.startedAtMs}`,
      communityId: guildId,
      userId: listen.track.requesterId,
      track,
      startedAtMs: listen.startedAtMs,
      heardRatio,
    };
    const written = recommender.recordPlay(play).catch((error: unknown) => {
      logger.error("a play was not recorded", { guildId, playId: play.playId, error });
    });
    writing.add(written);
    void written.finally(() => writing.delete(written));
  };

  const end = (guildId: GuildId, finished: boolean) => {
    const listen = measure(guildId);
    listens.delete(guildId);
    if (listen !== undefined) record(guildId, listen, finished);
  };

  lavalink.on(
    "trackStart",
    ({ guildId, track }) => {
      end(guildId, false);
      const { startedAtMs = Math.round(clock.now()), heardMs = 0 } = carried.get(guildId) ?? {};
      carried.delete(guildId);
      listens.set(guildId, { track, startedAtMs, heardMs, measuredAtMs: clock.monotonicMs() });
    },
    { signal },
  );
  lavalink.on("playerUpdate", ({ guildId }) => void measure(guildId), { signal });
  lavalink.on("trackEnd", ({ guildId, reason }) => end(guildId, reason === "finished"), { signal });
  lavalink.on(
    "playerDestroy",
    ({ guildId }) => {
      carried.delete(guildId);
      end(guildId, false);
    },
    { signal },
  );

  return {
    listenOf(guildId) {
      const { startedAtMs, heardMs } = measure(guildId) ?? {};
      return startedAtMs === undefined || heardMs === undefined ? undefined : { startedAtMs, heardMs };
    },
    carry: (guildId, listen) => void carried.set(guildId, listen),
    release: (guildId) => void listens.delete(guildId),
    async [Symbol.asyncDispose]() {
      ending.abort();
      for (const guildId of listens.keys()) end(guildId, false);
      await Promise.all(writing);
    },
  };
}
