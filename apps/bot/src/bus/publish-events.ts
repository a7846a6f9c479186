import type { BotBridge } from "@antiphon/bridge";
import type { Lavalink, Track } from "@antiphon/lavalink";
import { type Logger } from "@antiphon/std";
import { randomUUID } from "node:crypto";

/** Publishes what the players do. What the bus refuses is logged and does not stop the music. */
export function publishEvents({
  lavalink,
  bridge,
  logger,
}: {
  readonly lavalink: Lavalink;
  readonly bridge: BotBridge;
  readonly logger: Logger;
}): Disposable {
  const ending = new AbortController();
  const publish = (name: string, guildId: string, data: unknown) => {
    bridge.publish({ id: randomUUID(), name, guildId, data }).catch((error: unknown) => {
      if (!ending.signal.aborted) logger.warn("an event did not reach the bus", { event: name, guildId, error });
    });
  };
  const options = { signal: ending.signal };
  lavalink.on("trackStart", ({ guildId, track }) => publish("trackStart", guildId, trackData(track)), options);
  lavalink.on(
    "trackEnd",
    ({ guildId, track, reason }) => publish("trackEnd", guildId, { ...trackData(track), reason }),
    options,
  );
  lavalink.on("queueEmpty", ({ guildId }) => publish("queueEmpty", guildId, null), options);
  lavalink.on("playerCreate", ({ guildId, channelId }) => publish("playerCreate", guildId, { channelId }), options);
  lavalink.on("playerDestroy", ({ guildId, reason }) => publish("playerDestroy", guildId, { reason }), options);
  return { [Symbol.dispose]: () => ending.abort() };
}

function trackData({ info }: Track) {
  return {
    title: info.title,
    artist: info.author,
    uri: info.uri ?? null,
    durationMs: info.isStream ? null : info.length,
  };
}
