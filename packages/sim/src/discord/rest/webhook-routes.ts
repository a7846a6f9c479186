import { MessageFlags } from "discord-api-types/v10";
import type { InteractionRecord, MessageRecord } from "../world/state.ts";
import { deleteMessage, editMessage } from "../world/message.ts";
import { refuse } from "./api-error.ts";
import { send } from "./interaction-routes.ts";
import { readMessageBody } from "./message-body.ts";
import { noContent, ok, openRoute, type OpenCall, type Reply, type Route } from "./route.ts";

const PATH = "/webhooks/:applicationId/:interactionToken";
const FOLLOW_UP_LIMIT = { limit: 5, windowMs: 2_000 };

/** What comes after the first answer: follow-ups, and the answers' messages, of which `@original` is the first. */
export const webhookRoutes: readonly Route[] = [
  openRoute("POST", PATH, followUp, FOLLOW_UP_LIMIT),
  openRoute("GET", `${PATH}/messages/:messageId`, (call) => ok(messageOf(call).message.message), FOLLOW_UP_LIMIT),
  openRoute("PATCH", `${PATH}/messages/:messageId`, change, FOLLOW_UP_LIMIT),
  openRoute("DELETE", `${PATH}/messages/:messageId`, remove, FOLLOW_UP_LIMIT),
];

function interactionOf({ state, params }: OpenCall): InteractionRecord {
  const token = params["interactionToken"] ?? "";
  const record = state.interactionsByToken.get(token);
  if (record === undefined) {
    // A token that was one, and has expired, is told from one that never was by what it spells.
    const isExpired = Buffer.from(token, "base64url").toString("latin1").startsWith("interaction:");
    throw refuse(isExpired ? "invalidWebhookToken" : "unknownWebhook");
  }
  if (record.application.id !== params["applicationId"] || record.status !== "answered") throw refuse("unknownWebhook");
  return record;
}

function messageOf(call: OpenCall): { readonly interaction: InteractionRecord; readonly message: MessageRecord } {
  const interaction = interactionOf(call);
  const id = call.params["messageId"] === "@original" ? interaction.originalId : call.params["messageId"];
  const isOwn = id !== undefined && (id === interaction.originalId || interaction.followUpIds.includes(id));
  const message = isOwn ? interaction.channel.messages.get(id) : undefined;
  if (message === undefined) throw refuse("unknownMessage");
  return { interaction, message };
}

function followUp(call: OpenCall): Reply {
  const interaction = interactionOf(call);
  const draft = readMessageBody(call.body, call.files);
  const original = interaction.channel.messages.get(interaction.originalId ?? "");
  if (original !== undefined && ((original.message.flags ?? 0) & MessageFlags.Loading) !== 0) {
    // The first follow-up of a deferred answer takes the place of "is thinking".
    editMessage(call.state, interaction.channel, original, {
      ...draft,
      flags: (draft.flags ?? 0) & ~MessageFlags.Ephemeral,
    });
    return ok(original.message);
  }
  return ok(send(call.state, interaction, draft).message);
}

function change(call: OpenCall): Reply {
  const { interaction, message } = messageOf(call);
  const draft = readMessageBody(call.body, call.files, { edit: true });
  editMessage(call.state, interaction.channel, message, {
    ...draft,
    flags: (draft.flags ?? 0) & MessageFlags.IsComponentsV2,
  });
  return ok(message.message);
}

function remove(call: OpenCall): Reply {
  const { interaction, message } = messageOf(call);
  deleteMessage(call.state, interaction.channel, message);
  if (interaction.originalId === message.message.id) interaction.originalId = undefined;
  return noContent;
}
