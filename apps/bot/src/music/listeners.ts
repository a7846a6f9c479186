import type { Client } from "@antiphon/core";
import type { GuildId, UserId } from "@antiphon/protocol/discord";
import type { CarriedListener } from "../roles/moved-player.ts";

/** Who is in the bot's voice channels to hear it. */
export interface Listeners extends Disposable {
  /** The people in a voice channel; bots hear nothing. */
  in(guildId: GuildId, channelId: string): readonly UserId[];
  /** Takes over who is in voice according to the process that had the guild before; what was seen here counts more. */
  carry(guildId: GuildId, states: readonly CarriedListener[]): void;
  /** Forgets what was taken over of a guild. */
  forget(guildId: GuildId): void;
}

/** People who left before it was known that they had been there. */
const REMEMBERED_DEPARTURES = 1_000;

/** Builds {@link Listeners} over the client's cache, which in a process that has taken a guild over knows only who has moved since. */
export function createListeners(client: Pick<Client, "on" | "user" | "voiceStates">): Listeners {
  const carried = new Map<GuildId, Map<UserId, string>>();
  const departed = new Set<string>();
  const subscription = client.on("voiceStateUpdate", ({ data: { guild_id: guildId, user_id: userId, channel_id } }) => {
    if (guildId === undefined) return;
    carried.get(guildId)?.delete(userId);
    const key = `${guildId}:${userId}`;
    departed.delete(key);
    if (channel_id !== null) return;
    departed.add(key);
    const [oldest] = departed;
    if (departed.size > REMEMBERED_DEPARTURES && oldest !== undefined) departed.delete(oldest);
  });
  return {
    in(guildId, channelId) {
      const seen = client.voiceStates
        .inChannel(guildId, channelId)
        .filter(({ user_id: userId, member }) => userId !== client.user.id && member?.user.bot !== true)
        .map(({ user_id: userId }) => userId);
      const told = [...(carried.get(guildId) ?? [])]
        .filter(([, place]) => place === channelId)
        .map(([userId]) => userId);
      return [...seen, ...told];
    },
    carry(guildId, states) {
      const unseen = states.filter(
        ({ userId }) => client.voiceStates.get(guildId, userId) === undefined && !departed.has(`${guildId}:${userId}`),
      );
      carried.set(guildId, new Map(unseen.map(({ userId, channelId }) => [userId, channelId])));
    },
    forget: (guildId) => void carried.delete(guildId),
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}
