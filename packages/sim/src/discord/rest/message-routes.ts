import { MessageFlags, PermissionFlagsBits } from "discord-api-types/v10";
import { createMessage, deleteMessage, editMessage } from "../world/message.ts";
import type { MessageDraft } from "../world/message-draft.ts";
import { reactionsPayload, setReaction } from "../world/reaction.ts";
import type { ChannelRecord, MessageRecord } from "../world/state.ts";
import { startTyping } from "../world/typing.ts";
import { demand, permissionsIn, requireChannel, requireMessage } from "./access.ts";
import { refuse } from "./api-error.ts";
import { createForm } from "./form.ts";
import { readMessageBody } from "./message-body.ts";
import { noContent, ok, route, type Call, type Reply, type Route } from "./route.ts";

const MESSAGE_LIMIT = { limit: 5, windowMs: 5_000 };
/** Flags that a bot may set on its messages; others are ignored. */
const SETTABLE_FLAGS = MessageFlags.SuppressEmbeds | MessageFlags.SuppressNotifications | MessageFlags.IsComponentsV2;

/** Messages, reactions and typing. */
export const messageRoutes: readonly Route[] = [
  route("GET", "/channels/:channelId/messages", listMessages),
  route("POST", "/channels/:channelId/messages", sendMessage, MESSAGE_LIMIT),
  route("GET", "/channels/:channelId/messages/:messageId", (call) => {
    const channel = requireChannel(call, "ReadMessageHistory");
    return ok(payload(call, requireMessage(channel, call.params["messageId"])));
  }),
  route("PATCH", "/channels/:channelId/messages/:messageId", changeMessage, MESSAGE_LIMIT),
  route("DELETE", "/channels/:channelId/messages/:messageId", (call) => {
    const channel = requireChannel(call);
    const record = requireMessage(channel, call.params["messageId"]);
    if (record.message.author.id !== call.application.botUserId) demand(permissionsIn(call, channel), "ManageMessages");
    deleteMessage(call.state, channel, record);
    return noContent;
  }),
  route("PUT", "/channels/:channelId/messages/:messageId/reactions/:emoji/@me", (call) => react(call, true)),
  route("DELETE", "/channels/:channelId/messages/:messageId/reactions/:emoji/@me", (call) => react(call, false)),
  route("GET", "/channels/:channelId/messages/:messageId/reactions/:emoji", (call) => {
    const record = requireMessage(requireChannel(call), call.params["messageId"]);
    const userIds = record.reactions.get(call.params["emoji"] ?? "") ?? [];
    return ok([...userIds].flatMap((userId) => call.state.users.get(userId) ?? []));
  }),
  route("POST", "/channels/:channelId/typing", (call) => {
    startTyping(call.state, requireChannel(call, "SendMessages"), call.application.botUserId);
    return noContent;
  }),
];

function payload({ application }: Call, record: MessageRecord): object {
  if (record.reactions.size === 0) return record.message;
  return { ...record.message, reactions: reactionsPayload(record, application.botUserId) };
}

function listMessages(call: Call): Reply {
  const channel = requireChannel(call);
  const { query } = call;
  const limit = Number(query.get("limit") ?? 50);
  const form = createForm();
  form.integer(limit, ["limit"], { minimum: 1, maximum: 100 });
  for (const name of ["before", "after", "around"]) form.snowflake(query.get(name), [name]);
  form.finish();
  // Who may not read what was said before is told that there was nothing.
  if ((permissionsIn(call, channel) & PermissionFlagsBits.ReadMessageHistory) === 0n) return ok([]);
  const visible = [...channel.messages.values()].filter(({ ephemeralTo }) => ephemeralTo === undefined);
  return ok(
    page(visible, query, limit)
      .toReversed()
      .map((record) => payload(call, record)),
  );
}

/** Oldest first, by `before`, `after` or `around`; the newest when none is given. */
function page(records: readonly MessageRecord[], query: URLSearchParams, limit: number): readonly MessageRecord[] {
  const idOf = ({ message }: MessageRecord) => BigInt(message.id);
  const [before, after, around] = ["before", "after", "around"].map((name) => query.get(name) ?? undefined);
  if (before !== undefined) return records.filter((record) => idOf(record) < BigInt(before)).slice(-limit);
  if (after !== undefined) return records.filter((record) => idOf(record) > BigInt(after)).slice(0, limit);
  if (around !== undefined) {
    const middle = records.findIndex((record) => idOf(record) >= BigInt(around));
    const start = Math.max(0, (middle === -1 ? records.length : middle) - Math.floor(limit / 2));
    return records.slice(start, start + limit);
  }
  return records.slice(-limit);
}

function sendMessage(call: Call): Reply {
  const channel = requireChannel(call, "SendMessages");
  const { state, application, body, files } = call;
  const draft = readMessageBody(body, files);
  demandForContent(permissionsIn(call, channel), draft);
  const author = state.users.get(application.botUserId);
  if (author === undefined) throw refuse("unauthorized");
  const options = body as {
    readonly enforce_nonce?: unknown;
    readonly message_reference?: { readonly fail_if_not_exists?: unknown };
  };
  if (options.enforce_nonce === true) {
    const earlier = findByNonce(channel, author.id, draft);
    if (earlier !== undefined) return ok(payload(call, earlier));
  }
  if (
    draft.replyTo !== undefined &&
    !channel.messages.has(draft.replyTo) &&
    options.message_reference?.fail_if_not_exists !== false
  ) {
    const form = createForm();
    form.fail(["message_reference"], "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message");
    form.finish();
  }
  const flags = (draft.flags ?? 0) & SETTABLE_FLAGS;
  return ok(createMessage(state, { channel, author }, { ...draft, flags }).message);
}

/** What a message carries beyond text needs permissions of its own. */
function demandForContent(held: bigint, draft: MessageDraft): void {
  if ((draft.files ?? []).length > 0) demand(held, "AttachFiles");
  if ((draft.embeds ?? []).length > 0) demand(held, "EmbedLinks");
  if (draft.tts === true) demand(held, "SendTTSMessages");
  if (draft.replyTo !== undefined && (held & PermissionFlagsBits.ReadMessageHistory) === 0n)
    throw refuse("cannotReply");
}

/** The message that a retried request already created. @see [Discord Docs/Message#Create Message] (`enforce_nonce`) */
function findByNonce(channel: ChannelRecord, authorId: string, draft: MessageDraft): MessageRecord | undefined {
  if (draft.nonce === undefined) return undefined;
  return [...channel.messages.values()].find(
    ({ message }) => message.author.id === authorId && message.nonce === draft.nonce,
  );
}

function changeMessage(call: Call): Reply {
  const channel = requireChannel(call);
  const record = requireMessage(channel, call.params["messageId"]);
  if (record.message.author.id !== call.application.botUserId) throw refuse("cannotEditOthers");
  const draft = readMessageBody(call.body, call.files, { edit: true });
  editMessage(call.state, channel, record, { ...draft, flags: (draft.flags ?? 0) & SETTABLE_FLAGS });
  return ok(payload(call, record));
}

/** Anybody may join a reaction that is there already. */
function demandForReaction(call: Call, channel: ChannelRecord, record: MessageRecord): void {
  const held = permissionsIn(call, channel);
  demand(held, "ReadMessageHistory");
  if (!record.reactions.has(call.params["emoji"] ?? "")) demand(held, "AddReactions");
}

function react(call: Call, present: boolean): Reply {
  const channel = requireChannel(call);
  const record = requireMessage(channel, call.params["messageId"]);
  if (present) demandForReaction(call, channel, record);
  setReaction(call.state, channel, record, {
    userId: call.application.botUserId,
    emoji: call.params["emoji"] ?? "",
    present,
  });
  return noContent;
}
