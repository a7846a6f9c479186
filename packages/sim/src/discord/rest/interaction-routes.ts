import {
  InteractionResponseType as ResponseType,
  InteractionType,
  MessageFlags,
  MessageType,
  type APIMessageInteraction,
  type APIModalInteractionResponseCallbackData,
} from "discord-api-types/v10";
import type { InteractionRecord, MessageRecord, StoredFile, WorldState } from "../world/state.ts";
import { createMessage, editMessage } from "../world/message.ts";
import type { MessageDraft } from "../world/message-draft.ts";
import type { InteractionAnswer } from "../world/world-event.ts";
import { refuse } from "./api-error.ts";
import { createForm } from "./form.ts";
import { readMessageBody } from "./message-body.ts";
import { noContent, ok, openRoute, type OpenCall, type Reply, type Route } from "./route.ts";

/** The first answer to an interaction. */
export const interactionRoutes: readonly Route[] = [
  openRoute("POST", "/interactions/:interactionId/:interactionToken/callback", answer),
];

const COMPONENT_ONLY: readonly number[] = [ResponseType.DeferredMessageUpdate, ResponseType.UpdateMessage];
const MESSAGE_FLAGS =
  MessageFlags.Ephemeral |
  MessageFlags.SuppressEmbeds |
  MessageFlags.SuppressNotifications |
  MessageFlags.IsComponentsV2;

function answer(call: OpenCall): Reply {
  const { state, params, query } = call;
  const record = state.interactionsByToken.get(params["interactionToken"] ?? "");
  if (record === undefined || record.id !== params["interactionId"] || record.status === "late")
    throw refuse("unknownInteraction");
  const { type, given } = answerInteraction(state, record, call);
  return ["true", "True", "1"].includes(query.get("with_response") ?? "")
    ? ok(describe(record, type, given))
    : noContent;
}

/** Takes a bot's first answer, from the callback route or from its own HTTP endpoint. */
export function answerInteraction(
  state: WorldState,
  record: InteractionRecord,
  { body, files }: { readonly body: unknown; readonly files: readonly StoredFile[] },
): { readonly type: ResponseType; readonly given: InteractionAnswer } {
  if (record.status === "answered") throw refuse("alreadyAcknowledged");
  const { type, data } = readCallback(record, body);
  const given = apply(state, record, type, data, files);
  record.settle(given);
  return { type, given };
}

function readCallback(
  record: InteractionRecord,
  body: unknown,
): { readonly type: ResponseType; readonly data: unknown } {
  const form = createForm();
  const fields = form.object(body, []) ?? {};
  const type = form.integer(fields["type"], ["type"], { minimum: 1, maximum: 12, required: true });
  const hasMessage = record.sourceMessageId !== undefined;
  const isAutocomplete = record.type === InteractionType.ApplicationCommandAutocomplete;
  const allowed = isAutocomplete
    ? [ResponseType.ApplicationCommandAutocompleteResult]
    : [
        ResponseType.ChannelMessageWithSource,
        ResponseType.DeferredChannelMessageWithSource,
        ...(hasMessage ? COMPONENT_ONLY : []),
        ...(record.type === InteractionType.ModalSubmit ? [] : [ResponseType.Modal]),
      ];
  if (type !== undefined && !allowed.includes(type)) {
    form.fail(["type"], "BASE_TYPE_CHOICES", `Value must be one of {${allowed.join(", ")}}.`);
  }
  form.finish();
  return { type: type as ResponseType, data: fields["data"] };
}

function apply(
  state: WorldState,
  record: InteractionRecord,
  type: ResponseType,
  data: unknown,
  files: readonly StoredFile[],
): InteractionAnswer {
  switch (type) {
    case ResponseType.ChannelMessageWithSource:
      return {
        kind: "message",
        message: send(state, record, readMessageBody(data, files, { path: ["data"] })).message,
      };
    case ResponseType.DeferredChannelMessageWithSource: {
      const { flags } = readMessageBody(data, [], { edit: true, path: ["data"] });
      return { kind: "deferred", message: send(state, record, { flags: (flags ?? 0) | MessageFlags.Loading }).message };
    }
    case ResponseType.DeferredMessageUpdate:
      record.originalId = record.sourceMessageId;
      return { kind: "deferredUpdate" };
    case ResponseType.UpdateMessage: {
      record.originalId = record.sourceMessageId;
      const original = record.channel.messages.get(record.sourceMessageId ?? "");
      if (original === undefined) throw refuse("unknownMessage");
      editMessage(state, record.channel, original, readMessageBody(data, files, { edit: true, path: ["data"] }));
      return { kind: "update", message: original.message };
    }
    case ResponseType.Modal:
      record.modal = readModal(data);
      return { kind: "modal", modal: record.modal };
    default:
      return { kind: "autocomplete", choices: readChoices(data) };
  }
}

/** Sends a message in answer to an interaction; the first becomes `@original`, the rest are follow-ups. */
export function send(state: WorldState, record: InteractionRecord, draft: MessageDraft): MessageRecord {
  const author = state.users.get(record.application.botUserId);
  if (author === undefined) throw refuse("unknownApplication");
  const isFirst = record.originalId === undefined && record.status === "pending";
  const isCommand = isFirst && record.type === InteractionType.ApplicationCommand;
  const flags = (draft.flags ?? 0) & (MESSAGE_FLAGS | MessageFlags.Loading);
  const original = record.channel.messages.get(record.originalId ?? "")?.message.id ?? record.originalId;
  const sent = createMessage(
    state,
    {
      channel: record.channel,
      author,
      type: isCommand ? MessageType.ChatInputCommand : followUpType(original),
      applicationId: record.application.id,
      interactionMetadata:
        original === undefined ? record.metadata : { ...record.metadata, original_response_message_id: original },
      command: isCommand ? invokedCommand(state, record) : undefined,
      ephemeralTo: (flags & MessageFlags.Ephemeral) === 0 ? undefined : record.userId,
    },
    { ...draft, flags, ...(original === undefined ? {} : { replyTo: original }) },
  );
  if (isFirst) record.originalId = sent.message.id;
  else record.followUpIds.push(sent.message.id);
  return sent;
}

function invokedCommand(state: WorldState, record: InteractionRecord): APIMessageInteraction | undefined {
  const user = state.users.get(record.userId);
  if (user === undefined || record.commandName === undefined) return undefined;
  return { id: record.id, type: record.type, name: record.commandName, user };
}

function followUpType(originalId: string | undefined): MessageType {
  return originalId === undefined ? MessageType.Default : MessageType.Reply;
}

function readModal(data: unknown): APIModalInteractionResponseCallbackData {
  const form = createForm();
  const fields = form.object(data, ["data"]) ?? {};
  form.text(fields["custom_id"], ["data", "custom_id"], { minimum: 1, maximum: 100, required: true });
  form.text(fields["title"], ["data", "title"], { minimum: 1, maximum: 45, required: true });
  form.list(fields["components"], ["data", "components"], { minimum: 1, maximum: 5, required: true });
  form.finish();
  return data as APIModalInteractionResponseCallbackData;
}

function readChoices(data: unknown): { name: string; value: string | number }[] {
  const form = createForm();
  const choices = form.list(form.object(data, ["data"])?.["choices"], ["data", "choices"], { maximum: 25 }) ?? [];
  choices.forEach((item, index) => {
    const choice = form.object(item, ["data", "choices", index]) ?? {};
    form.text(choice["name"], ["data", "choices", index, "name"], { minimum: 1, maximum: 100, required: true });
    if (typeof choice["value"] === "string")
      form.text(choice["value"], ["data", "choices", index, "value"], { maximum: 100 });
    else if (typeof choice["value"] !== "number")
      form.fail(["data", "choices", index, "value"], "BASE_TYPE_REQUIRED", "This field is required");
  });
  form.finish();
  return choices as { name: string; value: string | number }[];
}

/** What `with_response=true` gives. @see [Discord Docs/Receiving and Responding#Interaction Callback Response] */
function describe(record: InteractionRecord, type: ResponseType, given: InteractionAnswer): object {
  const message = "message" in given ? given.message : undefined;
  const flags = message?.flags ?? 0;
  return {
    interaction: {
      id: record.id,
      type: record.type,
      ...(message === undefined
        ? {}
        : {
            response_message_id: message.id,
            response_message_loading: (flags & MessageFlags.Loading) !== 0,
            response_message_ephemeral: (flags & MessageFlags.Ephemeral) !== 0,
          }),
    },
    resource: { type, ...(message === undefined ? {} : { message }) },
  };
}
