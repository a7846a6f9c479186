import type { InteractionId, Snowflake, UserId } from "@antiphon/protocol/discord";
import {
  Locale,
  type InteractionType,
  type APIMessage,
  type APIMessageInteractionMetadata,
} from "discord-api-types/v10";
import { channelPayload } from "./channel-payload.ts";
import { memberPayload } from "./member-payload.ts";
import { channelPermissions, DIRECT_MESSAGE_PERMISSIONS } from "./permissions.ts";
import type { ApplicationRecord, ChannelRecord, InteractionRecord, WorldState } from "./state.ts";
import type { InteractionAnswer } from "./world-event.ts";

/** How long a bot has for its first answer. @see [Discord Docs/Receiving and Responding] */
const ANSWER_DEADLINE_MS = 3_000;
/** How long an interaction's token lives. */
const TOKEN_LIFETIME_MS = 15 * 60_000;
/** The file size that an interaction announces. */
const ATTACHMENT_SIZE_LIMIT_BYTES = 10 * 1024 * 1024;

/** What a person did. */
export interface InteractionDraft {
  readonly type: InteractionType;
  readonly application: ApplicationRecord;
  readonly userId: UserId;
  readonly channel: ChannelRecord;
  readonly data: object;
  /** The slash command with its subcommands. */
  readonly commandName?: string | undefined;
  /** The message whose component was used, or from whose component a modal was opened. */
  readonly message?: APIMessage | undefined;
  /** The interaction that opened the modal. */
  readonly triggeredBy?: InteractionRecord | undefined;
}

/** Sends an interaction, over the gateway or to the HTTP endpoint of its application, and starts its deadlines. */
export function createInteraction(state: WorldState, draft: InteractionDraft): InteractionRecord {
  const record = buildRecord(state, draft);
  state.interactions.set(record.id, record);
  state.interactionsByToken.set(record.token, record);
  watchDeadlines(state, record);
  const { application, userId, channel } = record;
  state.events.emit({
    type: "interactionCreate",
    interactionId: record.id,
    applicationId: application.id,
    userId,
    channelId: channel.id,
  });
  const payload = interactionPayload(state, record, draft);
  if (application.interactionsEndpoint !== undefined) {
    state.deliverInteraction(record, payload);
    return record;
  }
  state.publish({
    name: "INTERACTION_CREATE",
    data: payload,
    intents: 0,
    guildId: record.guildId,
    recipients: [application.botUserId],
  });
  return record;
}

function buildRecord(state: WorldState, draft: InteractionDraft): InteractionRecord {
  const id = state.nextId() as InteractionId;
  const { application, userId, channel, type } = draft;
  const { promise, resolve } = Promise.withResolvers<InteractionAnswer>();
  const record: InteractionRecord = {
    id,
    token: Buffer.from(`interaction:${id}:${state.hex(64)}`).toString("base64url"),
    type,
    application,
    userId,
    guildId: channel.guildId,
    channel,
    sourceMessageId: draft.message?.id,
    commandName: draft.commandName,
    metadata: metadataOf(state, id, draft),
    status: "pending",
    originalId: undefined,
    followUpIds: [],
    modal: undefined,
    timers: [],
    answer: promise,
    settle(answer) {
      if (record.status !== "pending") return;
      record.status = answer.kind === "unanswered" ? "late" : "answered";
      resolve(answer);
      state.events.emit({
        type: "interactionResponse",
        interactionId: id,
        applicationId: application.id,
        userId,
        channelId: channel.id,
        answer,
      });
    },
  };
  return record;
}

function metadataOf(state: WorldState, id: Snowflake, draft: InteractionDraft): APIMessageInteractionMetadata {
  const user = state.users.get(draft.userId);
  const owners = { 0: draft.channel.guildId ?? "0" };
  const shared = { id, user, type: draft.type, authorizing_integration_owners: owners };
  if (draft.triggeredBy !== undefined) {
    return { ...shared, triggering_interaction_metadata: draft.triggeredBy.metadata } as APIMessageInteractionMetadata;
  }
  if (draft.message !== undefined)
    return { ...shared, interacted_message_id: draft.message.id } as APIMessageInteractionMetadata;
  return shared as APIMessageInteractionMetadata;
}

function watchDeadlines(state: WorldState, record: InteractionRecord): void {
  const forget = () => {
    for (const timer of record.timers) timer.cancel();
    state.interactions.delete(record.id);
    state.interactionsByToken.delete(record.token);
  };
  record.timers.push(
    state.clock.setTimer(
      ANSWER_DEADLINE_MS,
      () => {
        if (record.status !== "pending") return;
        record.settle({ kind: "unanswered" });
        forget();
      },
      { keepAlive: false },
    ),
    state.clock.setTimer(TOKEN_LIFETIME_MS, forget, { keepAlive: false }),
  );
}

/** Stops all deadlines at the end of the world; whoever still waits for an answer gets none. */
export function abandonInteractions(state: WorldState): void {
  for (const record of state.interactions.values()) {
    for (const timer of record.timers) timer.cancel();
    record.settle({ kind: "unanswered" });
  }
}

function interactionPayload(state: WorldState, record: InteractionRecord, draft: InteractionDraft): object {
  const { application, userId, channel } = record;
  const user = state.users.get(userId);
  const guild = record.guildId === undefined ? undefined : state.guilds.get(record.guildId);
  const permissionsHere = (id: Snowflake) =>
    String(guild === undefined ? DIRECT_MESSAGE_PERMISSIONS : channelPermissions(guild, channel, id));
  const where =
    guild === undefined
      ? { user, context: 1, app_permissions: permissionsHere(application.botUserId) }
      : {
          guild_id: guild.id,
          guild: { id: guild.id, features: [], locale: Locale.EnglishUS },
          guild_locale: Locale.EnglishUS,
          member: { ...memberPayload(state, guild, userId), permissions: permissionsHere(userId) },
          context: 0,
          app_permissions: permissionsHere(application.botUserId),
        };
  return {
    id: record.id,
    application_id: application.id,
    type: record.type,
    token: record.token,
    version: 1,
    data: draft.data,
    channel_id: channel.id,
    channel: channelPayload(state, channel, application.botUserId),
    locale: Locale.EnglishUS,
    entitlements: [],
    authorizing_integration_owners: { 0: record.guildId ?? "0" },
    attachment_size_limit: ATTACHMENT_SIZE_LIMIT_BYTES,
    ...where,
    ...(draft.message === undefined ? {} : { message: draft.message }),
  };
}
