import type { Brand } from "./index.ts";

type GuildId = Brand<string, "GuildId">;
type ChannelId = Brand<string, "ChannelId">;

// An id from elsewhere is a text, and a branded one may go wherever a text may.
const guildId: GuildId = "1";
const channelId: ChannelId = String(2);
export const text: string = guildId;
export const names = new Map<GuildId, string>([[text, "one"]]);
names.get(text);

// @ts-expect-error: the id of a channel is not that of a guild
export const confused: GuildId = channelId;
// @ts-expect-error: nor does it name one
names.get(channelId);
// @ts-expect-error: a number is no text
export const number: GuildId = 1;
