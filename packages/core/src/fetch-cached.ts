import type { RestTransport } from "@antiphon/protocol/discord";
import type { APIChannel, APIGuild } from "discord-api-types/v10";
import type { WritableCache } from "./cache/cache.ts";
import type { Client } from "./client.ts";
import type { CoreErrorCode } from "./core-error.ts";
import type { ErrorPlace } from "./errors/error-context.ts";
import { fetchFailure } from "./request-failure.ts";

/** Builds the calls that look into the cache first and ask Discord otherwise; what it says is cached. */
export function createCachedFetches(
  cache: WritableCache,
  rest: RestTransport,
  report: (error: unknown, place: ErrorPlace) => void,
): Pick<Client, "getGuild" | "getChannel"> {
  const failed = (error: unknown, what: string, notFound: CoreErrorCode, place: ErrorPlace) => {
    const failure = fetchFailure(error, what, notFound);
    report(failure, place);
    return failure;
  };
  return {
    async getGuild(guildId, { signal } = {}) {
      const known = await cache.guilds.fetch(guildId);
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
      const known = await cache.channels.fetch(channelId);
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
  };
}
