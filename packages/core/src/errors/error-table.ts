import { gatewayCloseAction, gatewayCloseCodes } from "@antiphon/protocol/discord";
import { isAntiphonError } from "@antiphon/std";
import { RESTJSONErrorCodes } from "discord-api-types/v10";
import { detailOf, discordCodeOf, statusOf } from "../request-failure.ts";

/**
 * What to do about a failure: `retry` after a growing delay, `wait` for as long as Discord says, `resume` or `identify` on a new
 * connection, `correct` what was sent, `authenticate` with another token, `permit` (ask an admin for a permission), `forget`
 * something that is gone, or `fail` for good.
 */
export type ErrorAction =
  | "retry"
  | "wait"
  | "resume"
  | "identify"
  | "correct"
  | "authenticate"
  | "permit"
  | "forget"
  | "fail";

/** One row of a table of errors. */
export interface ErrorRule {
  /** Where the number comes from. */
  readonly source: "http" | "json" | "gateway";
  readonly code: number;
  /** Discord's name of it, in PascalCase or UPPER_SNAKE. */
  readonly name: string;
  /** What it means, and what helps. */
  readonly meaning: string;
  readonly action: ErrorAction;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;
  /** Whether it counts towards the 10,000 invalid requests in ten minutes after which Discord bans the address. */
  readonly countsAsInvalid: boolean;
}

type Row = readonly [code: number, name: string, action: ErrorAction, meaning: string];

const httpRows: readonly Row[] = [
  [400, "BAD_REQUEST", "correct", "The request is wrong; the error names the fields. Never repeat it unchanged."],
  [401, "UNAUTHORIZED", "authenticate", "The token is missing or wrong. Bot tokens do not refresh: put in a new one."],
  [403, "FORBIDDEN", "permit", "The bot may not do this there. Repeating it changes nothing."],
  [404, "NOT_FOUND", "forget", "It does not exist, or no longer. Forget its id; never use a webhook again."],
  [405, "METHOD_NOT_ALLOWED", "correct", "The route does not know this method."],
  [413, "PAYLOAD_TOO_LARGE", "correct", "The request is too large; the files together are the likely cause."],
  [
    429,
    "TOO_MANY_REQUESTS",
    "wait",
    "A rate limit was hit. Wait for what Retry-After says, not for a delay of one's own.",
  ],
  [500, "INTERNAL_SERVER_ERROR", "retry", "Discord failed. Repeat it with a growing delay where that is safe."],
  [502, "GATEWAY_UNAVAILABLE", "retry", "Nobody was there to handle the request. Wait a bit and repeat it."],
  [503, "SERVICE_UNAVAILABLE", "retry", "Discord is overloaded. Repeat it with a growing delay where that is safe."],
  [504, "GATEWAY_TIMEOUT", "retry", "Discord took too long. Repeat it with a growing delay where that is safe."],
];

/** The codes whose action does not follow from their range, or that deserve a better sentence than their name. */
const jsonRows: readonly Row[] = [
  [10008, "UnknownMessage", "forget", "The message is gone. Forget its id."],
  [10015, "UnknownWebhook", "forget", "The webhook or the interaction's token is gone. Never use it again."],
  [
    10062,
    "UnknownInteraction",
    "forget",
    "The first answer came after more than 3 seconds. Defer before anything slow.",
  ],
  [20016, "ActionCannotBePerformedDueToSlowmodeRateLimit", "wait", "The channel is in slow mode."],
  [20022, "AnnouncementEditLimitExceeded", "wait", "Announcements were edited too often."],
  [20028, "ChannelWriteRateLimit", "wait", "The channel was written to too often."],
  [20029, "ServerWriteRateLimit", "wait", "The guild was written to too often."],
  [
    30034,
    "MaximumDailyApplicationCommandCreatesReached",
    "wait",
    "200 commands a day may be created. Register by difference.",
  ],
  [
    30046,
    "MaximumNumberOfEditsToMessagesOlderThanOneHourReached",
    "wait",
    "Old messages were edited too often. Send new ones.",
  ],
  [40001, "Unauthorized", "authenticate", "The token is missing or wrong."],
  [40003, "OpeningDirectMessagesTooFast", "wait", "Direct messages were opened too fast."],
  [40004, "SendMessagesHasBeenTemporarilyDisabled", "retry", "Sending is switched off at Discord for now."],
  [40006, "FeatureTemporarilyDisabledServerSide", "retry", "The feature is switched off at Discord for now."],
  [40007, "UserBannedFromThisGuild", "permit", "The user is banned from this guild."],
  [
    40060,
    "InteractionHasAlreadyBeenAcknowledged",
    "forget",
    "Somebody has answered already; often a second process with the same token.",
  ],
  [40062, "ServiceResourceIsBeingRateLimited", "wait", "The resource is rate limited for everybody."],
  [
    40094,
    "ThisInteractionHasHitTheMaximumNumberOfFollowUpMessages",
    "fail",
    "An app that only users installed may send 5 follow-ups.",
  ],
  [
    40333,
    "CloudflareIsBlockingYourRequest",
    "correct",
    "Cloudflare refused the request; the User-Agent must be Discord's form.",
  ],
  [50001, "MissingAccess", "permit", "The bot cannot see it."],
  [50007, "CannotSendMessagesToThisUser", "permit", "The user takes no direct messages from the bot."],
  [
    50009,
    "ChannelVerificationLevelTooHighForYouToGainAccess",
    "permit",
    "The channel's verification level is too high.",
  ],
  [50013, "MissingPermissions", "permit", "The bot lacks a permission, or its highest role stands too low."],
  [50014, "InvalidToken", "authenticate", "The token is wrong."],
  [
    50027,
    "InvalidWebhookToken",
    "forget",
    "An interaction can be answered for 15 minutes; this one is over, or the webhook's token is wrong.",
  ],
  [50035, "InvalidFormBodyOrContentType", "correct", "A field is wrong; `errors` says which."],
  [
    60003,
    "TwoFactorAuthenticationIsRequired",
    "permit",
    "The bot's owner needs two-factor authentication for this guild.",
  ],
  [110000, "IndexNotYetAvailable", "wait", "The search index is being built. Try again later."],
  [110001, "ApplicationNotYetAvailable", "retry", "The application is not available yet. Try again later."],
  [130000, "APIResourceOverloaded", "retry", "The resource is overloaded. Try again a little later."],
  [160002, "CannotReplyWithoutPermissionToReadMessageHistory", "permit", "A reply needs Read Message History."],
  [160014, "CannotForwardMessageWithUnreadableContent", "permit", "Forwarding needs access to the message's content."],
  [200000, "MessageWasBlockedByAutomaticModeration", "correct", "AutoMod of the guild blocked the message."],
];

function rule(source: ErrorRule["source"], [code, name, action, meaning]: Row): ErrorRule {
  const retryable = action === "retry" || action === "wait" || action === "resume" || action === "identify";
  const countsAsInvalid = source === "http" && (code === 401 || code === 403 || code === 429);
  return { source, code, name, meaning, action, retryable, countsAsInvalid };
}

/** 10,000 to 19,999 are things that are not there; all else that has no row of its own is the caller's to correct. */
function jsonRule(code: number, name: string): ErrorRule {
  const meaning = `${name.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, " ")}.`;
  return rule("json", [code, name, code >= 10_000 && code < 20_000 ? "forget" : "correct", meaning]);
}

function jsonTable(): ReadonlyMap<number, ErrorRule> {
  const table = new Map<number, ErrorRule>();
  for (const [name, code] of Object.entries(RESTJSONErrorCodes))
    if (typeof code === "number" && code !== 0) table.set(code, jsonRule(code, name));
  for (const row of jsonRows) table.set(row[0], rule("json", row));
  return table;
}

/**
 * What Discord's numbers mean and what to do about each: HTTP statuses, the JSON error codes in their bodies, and the close codes of
 * the gateway.
 *
 * @see [Discord Docs/Opcodes and Status Codes]
 */
export const errorTable: {
  readonly http: ReadonlyMap<number, ErrorRule>;
  readonly json: ReadonlyMap<number, ErrorRule>;
  readonly gateway: ReadonlyMap<number, ErrorRule>;
} = {
  http: new Map(httpRows.map((row) => [row[0], rule("http", row)])),
  json: jsonTable(),
  gateway: new Map(
    Array.from(gatewayCloseCodes.values(), ({ code, name, action, meaning }) => [
      code,
      rule("gateway", [code, name, action, meaning]),
    ]),
  ),
};

function httpRule(status: number): ErrorRule {
  const known = errorTable.http.get(status);
  if (known !== undefined) return known;
  return status >= 500
    ? rule("http", [
        status,
        "SERVER_ERROR",
        "retry",
        "Discord failed. Repeat it with a growing delay where that is safe.",
      ])
    : rule("http", [status, "CLIENT_ERROR", "correct", "The request was refused. Never repeat it unchanged."]);
}

function gatewayRule(closeCode: number): ErrorRule {
  const known = errorTable.gateway.get(closeCode);
  if (known !== undefined) return known;
  return rule("gateway", [closeCode, "CLOSED", gatewayCloseAction(closeCode), "The connection was lost."]);
}

/**
 * The row for an error of any of our packages, by the numbers in its details or in those of its causes: a JSON code says more than a
 * status. Undefined for errors that carry neither.
 */
export function findErrorRule(error: unknown): ErrorRule | undefined {
  if (!isAntiphonError(error)) return undefined;
  const json = errorTable.json.get(discordCodeOf(error) ?? 0);
  if (json !== undefined) return json;
  const status = statusOf(error);
  if (status !== undefined && status >= 400) return httpRule(status);
  const closeCode = detailOf(error, "closeCode");
  return closeCode === undefined ? undefined : gatewayRule(closeCode);
}
