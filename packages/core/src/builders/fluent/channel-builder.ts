import type { Snowflake } from "@antiphon/protocol/discord";
import type { RESTPostAPIGuildChannelJSONBody } from "discord-api-types/v10";
import { channel, type ChannelFields, type ChannelTypeName, type OverwriteFields } from "../channel.ts";
import { deepFreeze } from "../freeze.ts";

/** A channel in the making; each method gives a new builder and leaves this one as it is. */
export interface ChannelBuilder {
  /** 1 to 100 characters. */
  setName(name: string): ChannelBuilder;
  setType(type: ChannelTypeName): ChannelBuilder;
  /** At most 1,024 characters, 4,096 for `forum` and `media`. */
  setTopic(topic: string): ChannelBuilder;
  /** Whether it is age-restricted. */
  setNsfw(enabled: boolean): ChannelBuilder;
  /** Slow mode, 0 to 21,600 seconds. */
  setRateLimitPerUserSeconds(seconds: number): ChannelBuilder;
  /** The category that it stands in. */
  setParentId(channelId: Snowflake): ChannelBuilder;
  addPermissionOverwrite(overwrite: OverwriteFields): ChannelBuilder;
  /** The channel's JSON, deeply frozen. @throws {@link CoreError} `CORE_BUILDER_INVALID` when a limit is passed */
  build(): RESTPostAPIGuildChannelJSONBody;
}

function builder(fields: ChannelFields): ChannelBuilder {
  const change = (changed: Partial<ChannelFields>) => builder({ ...fields, ...changed });
  return {
    setName: (name) => change({ name }),
    setType: (type) => change({ type }),
    setTopic: (topic) => change({ topic }),
    setNsfw: (enabled) => change({ nsfw: enabled }),
    setRateLimitPerUserSeconds: (seconds) => change({ rateLimitPerUserSeconds: seconds }),
    setParentId: (channelId) => change({ parentId: channelId }),
    addPermissionOverwrite: (overwrite) =>
      change({ permissionOverwrites: [...(fields.permissionOverwrites ?? []), overwrite] }),
    build: () => deepFreeze(channel(fields)),
  };
}

/** Starts an empty channel; without a name it cannot be built. */
export function createChannelBuilder(): ChannelBuilder {
  return builder({ name: "" });
}
