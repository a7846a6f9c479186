import { pinMessage, pinsOf, unpinMessage } from "../world/pin.ts";
import { PermissionFlagsBits } from "discord-api-types/v10";
import { permissionsIn, requireChannel, requireMessage } from "./access.ts";
import { refuse } from "./api-error.ts";
import { createForm } from "./form.ts";
import { noContent, ok, route, type Call, type Reply, type Route } from "./route.ts";

/** The most pins of a channel. */
const PIN_LIMIT = 250;
/** The most pins that the old route, which has no pages, gives. */
const OLD_LIST_LIMIT = 50;

/** Pinned messages, in pages; and the routes of before June 2025, which libraries still use. */
export const pinRoutes: readonly Route[] = [
  route("GET", "/channels/:channelId/messages/pins", listPins),
  route("PUT", "/channels/:channelId/messages/pins/:messageId", pin),
  route("DELETE", "/channels/:channelId/messages/pins/:messageId", unpin),
  route("GET", "/channels/:channelId/pins", (call) =>
    ok(
      readablePins(call)
        .slice(0, OLD_LIST_LIMIT)
        .map(({ record }) => record.message),
    ),
  ),
  route("PUT", "/channels/:channelId/pins/:messageId", pin),
  route("DELETE", "/channels/:channelId/pins/:messageId", unpin),
];

/** The pins of the path's channel; none for a bot that may not read what was said before. */
function readablePins(call: Call): ReturnType<typeof pinsOf> {
  const channel = requireChannel(call);
  const mayRead = (permissionsIn(call, channel) & PermissionFlagsBits.ReadMessageHistory) !== 0n;
  return mayRead ? pinsOf(channel) : [];
}

function listPins(call: Call): Reply {
  const { query } = call;
  const form = createForm();
  const limit = form.integer(Number(query.get("limit") ?? 50), ["limit"], { minimum: 1, maximum: 50 });
  const before = query.get("before");
  const beforeMs = before === null ? Infinity : Date.parse(before);
  if (Number.isNaN(beforeMs)) form.fail(["before"], "DATE_TIME_TYPE_PARSE", "Could not parse the date.");
  form.finish();
  const pins = readablePins(call).filter(({ pinnedAt }) => Date.parse(pinnedAt) < beforeMs);
  const items = pins.slice(0, limit).map(({ pinnedAt, record }) => ({ pinned_at: pinnedAt, message: record.message }));
  return ok({ items, has_more: pins.length > items.length });
}

function pin(call: Call): Reply {
  const channel = requireChannel(call, "PinMessages");
  const record = requireMessage(channel, call.params["messageId"]);
  if (!channel.pins.has(record.message.id) && channel.pins.size >= PIN_LIMIT) throw refuse("tooManyPins");
  const author = call.state.users.get(call.application.botUserId);
  if (author === undefined) throw refuse("unauthorized");
  pinMessage(call.state, channel, record, author);
  return noContent;
}

function unpin(call: Call): Reply {
  const channel = requireChannel(call, "PinMessages");
  unpinMessage(call.state, channel, requireMessage(channel, call.params["messageId"]));
  return noContent;
}
