import type { RestTransport } from "@antiphon/protocol/discord";
import { withSignal } from "@antiphon/std";
import type { APIChannel, APIGuild, APIGuildMember } from "discord-api-types/v10";
import type { WritableCache } from "./cache/cache.ts";
import type { Client } from "./client.ts";
import type { CoreErrorCode } from "./core-error.ts";
import type { ErrorPlace } from "./errors/error-context.ts";
import { checkId } from "./option-error.ts";
import { fetchFailure } from "./request-failure.ts";

/** Builds the calls that look into the cache first and ask Discord otherwise; what it says is cached. */
export function createCachedFetches(
  cache: WritableCache,
  rest: RestTransport,
  report: (error: unknown, place: ErrorPlace) => void,
): Pick<Client, "getGuild" | "getChannel" | "getMember"> {
  const failed = (error: unknown, what: string, notFound: CoreErrorCode, place: ErrorPlace) => {
    const failure = fetchFailure(error, what, notFound);
    report(failure, place);
    return failure;
  };
  return {
    async getGuild(guildId, { signal } = {}) {
      checkId("getGuild", "guildId", guildId);
      const known = await withSignal(cache.guilds.fetch(guildId), signal);
      if (known !== undefined) return known;
      try {
        const guild = await rest.request<APIGuild>("GET", `/guilds/${guildId}`, {
          query: { with_counts: true },
          signal,
        });
        cache.apply("GUILD_UPDATE", guild);
        return guild;
      } catch (error) {
        if (signal?.aborted === true) throw error;
        throw failed(error, `guild ${guildId}`, "CORE_GUILD_NOT_FOUND", { guildId });
      }
    },
    async getChannel(channelId, { signal } = {}) {
      checkId("getChannel", "channelId", channelId);
      const known = await withSignal(cache.channels.fetch(channelId), signal);
      if (known !== undefined) return known;
      try {
        const channel = await rest.request<APIChannel>("GET", `/channels/${channelId}`, { signal });
        cache.apply("CHANNEL_UPDATE", channel);
        return channel;
      } catch (error) {
        if (signal?.aborted === true) throw error;
        throw failed(error, `channel ${channelId}`, "CORE_CHANNEL_NOT_FOUND", { channelId });
      }
    },
    async getMember(guildId, userId, { signal } = {}) {
      const path = `/guilds/${checkId("getMember", "guildId", guildId)}/members/${checkId("getMember", "userId", userId)}`;
      const known = await withSignal(cache.members.fetch(guildId, userId), signal);
      if (known !== undefined) return known;
      try {
        const member = { ...(await rest.request<APIGuildMember>("GET", path, { signal })), guild_id: guildId };
        cache.apply("GUILD_MEMBER_UPDATE", member);
        return member;
      } catch (error) {
        if (signal?.aborted === true) throw error;
        throw failed(error, `member ${userId} of guild ${guildId}`, "CORE_MEMBER_NOT_FOUND", { guildId, userId });
      }
    },
  };
}
