import { isSnowflake, type Snowflake } from "@antiphon/protocol/discord";
import type * as Api from "discord-api-types/v10";
import { RestError } from "../rest-error.ts";
import type { RouteOptions } from "./endpoint.ts";
import type { Routes } from "./routes.ts";

/** Options of the functions that list page by page. */
export interface IterateOptions {
  /** The most items in all. Defaults to all there are. */
  readonly limit?: number | undefined;
  /** The most items that one request asks for. Defaults to as many as Discord gives at once. */
  readonly pageSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** For what is listed by growing ids. */
export interface IterateAfterOptions extends IterateOptions {
  /** Only what comes after this id. Defaults to the first. */
  readonly after?: Snowflake | undefined;
}

/** For what is listed either way: newest first, unless `after` is given. */
export interface IterateEitherOptions extends IterateOptions {
  /** Newest first, from what is older than this id. */
  readonly before?: Snowflake | undefined;
  /** Oldest first, from what is newer than this id; `"0"` begins at the oldest. */
  readonly after?: Snowflake | undefined;
}

type PageQuery = { readonly limit: number; readonly before?: Snowflake; readonly after?: Snowflake };

interface Listing<Item> {
  readonly what: string;
  readonly maximumPageSize: number;
  readonly direction: "before" | "after";
  readonly start: Snowflake | undefined;
  readonly options: IterateOptions;
  readonly fetch: (query: PageQuery, options: RouteOptions) => Promise<readonly Item[] | undefined>;
  readonly idOf: (item: Item) => Snowflake;
}

function checkNumbers({ what, maximumPageSize, options, start }: Omit<Listing<unknown>, "fetch" | "idOf">): void {
  const { limit = 0, pageSize = 1 } = options;
  const sizes = limit >= 0 && Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= maximumPageSize;
  if (sizes && (start === undefined || isSnowflake(start))) return;
  const rules = `limit must not be negative, pageSize from 1 to ${maximumPageSize}, and where to begin a snowflake`;
  throw new RestError("REST_INVALID_REQUEST", `Listing ${what}: ${rules}.`, { details: { limit, pageSize } });
}

const badPage = (what: string, problem: string) =>
  new RestError("REST_INVALID_RESPONSE", `Listing ${what}: Discord gave a page that ${problem}.`);

/** Gives the items one after the other in the listing's direction; the next page is asked for when it is wanted. */
async function* iterate<Item>(listing: Listing<Item>): AsyncGenerator<Item, void, undefined> {
  checkNumbers(listing);
  const { what, direction, fetch, idOf, options, maximumPageSize } = listing;
  const { limit: total = Infinity, pageSize = maximumPageSize, signal } = options;
  const sign = direction === "after" ? 1 : -1;
  const isBeyond = (one: Snowflake, other: Snowflake) => (BigInt(one) > BigInt(other) ? sign : -sign) > 0;
  let left = Math.floor(total);
  let cursor = listing.start ?? (direction === "after" ? "0" : undefined);
  while (left > 0) {
    signal?.throwIfAborted();
    const limit = Math.min(left, pageSize);
    const page = await fetch({ limit, ...(cursor !== undefined && { [direction]: cursor }) }, { signal });
    if (!Array.isArray(page)) throw badPage(what, "is no list");
    // Discord gives messages newest first, whichever way one goes.
    const items = page.toSorted((one: Item, other: Item) => (isBeyond(idOf(one), idOf(other)) ? 1 : -1)) as Item[];
    const [first] = items;
    if (first !== undefined && cursor !== undefined && !isBeyond(idOf(first), cursor))
      throw badPage(what, "begins where the last one did");
    for (const item of items.slice(0, left)) {
      signal?.throwIfAborted();
      yield item;
    }
    left -= items.length;
    const last = items.at(-1);
    if (last === undefined || items.length < limit) return;
    cursor = idOf(last);
  }
}

const either = ({ before, after }: IterateEitherOptions) =>
  after === undefined
    ? ({ direction: "before", start: before } as const)
    : ({ direction: "after", start: after } as const);
const upwards = ({ after }: IterateAfterOptions) => ({ direction: "after", start: after }) as const;
const idOf = ({ id }: { readonly id: Snowflake }) => id;
const userIdOf = ({ user }: { readonly user: { readonly id: Snowflake } }) => user.id;

/** Lists a channel's messages: newest first, or oldest first after an id. */
export function iterateMessages(
  { channels }: Pick<Routes, "channels">,
  channelId: Snowflake,
  options: IterateEitherOptions = {},
): AsyncGenerator<Api.APIMessage, void, undefined> {
  return iterate({
    what: "messages",
    maximumPageSize: 100,
    ...either(options),
    options,
    fetch: (query, rest) => channels.listMessages(channelId, { query, ...rest }),
    idOf,
  });
}

/** Lists who reacted to a message with an emoji. */
export function iterateReactions(
  { channels }: Pick<Routes, "channels">,
  channelId: Snowflake,
  messageId: Snowflake,
  emoji: string,
  options: IterateAfterOptions & Pick<Api.RESTGetAPIChannelMessageReactionUsersQuery, "type"> = {},
): AsyncGenerator<Api.APIUser, void, undefined> {
  const kind = options.type === undefined ? {} : { type: options.type };
  return iterate({
    what: "reactions",
    maximumPageSize: 100,
    ...upwards(options),
    options,
    fetch: (query, rest) =>
      channels.listReactions(channelId, messageId, emoji, { query: { ...kind, ...query }, ...rest }),
    idOf,
  });
}

/** Lists who voted for an answer of a poll. */
export function iteratePollVoters(
  { channels }: Pick<Routes, "channels">,
  channelId: Snowflake,
  messageId: Snowflake,
  answerId: number,
  options: IterateAfterOptions = {},
): AsyncGenerator<Api.APIUser, void, undefined> {
  return iterate({
    what: "voters",
    maximumPageSize: 100,
    ...upwards(options),
    options,
    fetch: async (query, rest) =>
      (await channels.listPollVoters(channelId, messageId, answerId, { query, ...rest })).users,
    idOf,
  });
}

/** Lists a guild's members; needs the intent for members. */
export function iterateMembers(
  { members }: Pick<Routes, "members">,
  guildId: Snowflake,
  options: IterateAfterOptions = {},
): AsyncGenerator<Api.APIGuildMember, void, undefined> {
  return iterate({
    what: "members",
    maximumPageSize: 1_000,
    ...upwards(options),
    options,
    fetch: (query, rest) => members.list(guildId, { query, ...rest }),
    idOf: userIdOf,
  });
}

/** Lists a guild's bans. */
export function iterateBans(
  { members }: Pick<Routes, "members">,
  guildId: Snowflake,
  options: IterateAfterOptions = {},
): AsyncGenerator<Api.APIBan, void, undefined> {
  return iterate({
    what: "bans",
    maximumPageSize: 1_000,
    ...upwards(options),
    options,
    fetch: (query, rest) => members.listBans(guildId, { query, ...rest }),
    idOf: userIdOf,
  });
}

/** Lists a guild's audit log: newest first, or oldest first after an id. */
export function iterateAuditLog(
  { guilds }: Pick<Routes, "guilds">,
  guildId: Snowflake,
  options: IterateEitherOptions & Pick<Api.RESTGetAPIAuditLogQuery, "action_type" | "user_id"> = {},
): AsyncGenerator<Api.APIAuditLogEntry, void, undefined> {
  const { action_type, user_id } = options;
  const filter = { ...(action_type !== undefined && { action_type }), ...(user_id !== undefined && { user_id }) };
  return iterate({
    what: "the audit log",
    maximumPageSize: 100,
    ...either(options),
    options,
    fetch: async (query, rest) =>
      (await guilds.getAuditLog(guildId, { query: { ...filter, ...query }, ...rest })).audit_log_entries,
    idOf,
  });
}

/** Lists the guilds that the user is in. */
export function iterateGuilds(
  { users }: Pick<Routes, "users">,
  options: IterateAfterOptions = {},
): AsyncGenerator<Api.RESTAPIPartialCurrentUserGuild, void, undefined> {
  return iterate({
    what: "guilds",
    maximumPageSize: 200,
    ...upwards(options),
    options,
    fetch: (query, rest) => users.listGuilds({ query, ...rest }),
    idOf,
  });
}

/** Lists who is interested in a scheduled event. */
export function iterateEventUsers(
  { scheduledEvents }: Pick<Routes, "scheduledEvents">,
  guildId: Snowflake,
  eventId: Snowflake,
  options: IterateAfterOptions = {},
): AsyncGenerator<Api.APIGuildScheduledEventUser, void, undefined> {
  return iterate({
    what: "users of an event",
    maximumPageSize: 100,
    ...upwards(options),
    options,
    fetch: (query, rest) => scheduledEvents.listUsers(guildId, eventId, { query, ...rest }),
    idOf: userIdOf,
  });
}

/** Lists an application's entitlements. */
export function iterateEntitlements(
  { monetization }: Pick<Routes, "monetization">,
  applicationId: Snowflake,
  options: IterateAfterOptions = {},
): AsyncGenerator<Api.APIEntitlement, void, undefined> {
  return iterate({
    what: "entitlements",
    maximumPageSize: 100,
    ...upwards(options),
    options,
    fetch: (query, rest) => monetization.listEntitlements(applicationId, { query, ...rest }),
    idOf,
  });
}
