import {
  InteractionResponseType,
  InteractionType,
  MessageFlags,
  type APIInteraction,
  type APIInteractionResponse,
  type APIMessage,
  type APIModalInteractionResponseCallbackData,
  type APIApplicationCommandOptionChoice,
} from "discord-api-types/v10";
import { CoreError } from "../core-error.ts";
import { messageBody, messageFiles, type MessageFields, type MessageInput } from "../message-body.ts";
import type { WaitOptions } from "../wait-options.ts";
import type { InteractionDelivery } from "./delivery.ts";

/** An answer to an interaction. */
export interface ReplyFields extends MessageFields {
  /** Whether only the user who acted sees it. Left out, a deferred answer keeps what the deferral said. */
  readonly ephemeral?: boolean | undefined;
}

/** An answer as its fields, or just its text. */
export type ReplyInput = string | ReplyFields;

/** How far the answer to an interaction has got. */
type ResponseState =
  | { readonly type: "none" }
  | { readonly type: "deferred"; readonly automatic: boolean; readonly ephemeral: boolean }
  | { readonly type: "deferredUpdate"; readonly automatic: boolean }
  | { readonly type: "answered" };

/** Answers one interaction; calls are made one after another, so a reply never overtakes a deferral. */
export interface Responder {
  /** Answers with a message, or completes a deferral with it. */
  reply(input: ReplyInput, options?: WaitOptions): Promise<void>;
  /** Shows "thinking…"; does nothing after an automatic deferral. */
  defer(options?: WaitOptions & { readonly ephemeral?: boolean | undefined }): Promise<void>;
  /** Acknowledges a component without a visible change; does nothing after an automatic deferral. */
  deferUpdate(options?: WaitOptions): Promise<void>;
  /** Changes the message that carries the component. */
  update(input: MessageInput, options?: WaitOptions): Promise<void>;
  /** Replaces the answer and gives the message as it is now. */
  editReply(input: MessageInput, options?: WaitOptions): Promise<APIMessage>;
  /** Deletes the answer. */
  deleteReply(options?: WaitOptions): Promise<void>;
  /** Sends a further message and gives it. */
  followUp(input: ReplyInput, options?: WaitOptions): Promise<APIMessage>;
  /** Opens a form. */
  showModal(modal: APIModalInteractionResponseCallbackData, options?: WaitOptions): Promise<void>;
  /** Opens the application's activity. */
  launchActivity(options?: WaitOptions): Promise<void>;
  /** Suggests values. */
  respond(choices: readonly APIApplicationCommandOptionChoice[], options?: WaitOptions): Promise<void>;
  /** Defers when nothing was answered yet, in the way that suits the interaction. */
  deferAutomatically(): Promise<void>;
  /** Whether the handler has done its part; an automatic "thinking…" still wants an answer. */
  readonly answered: boolean;
}

/** Options of {@link createResponder}. */
export interface ResponderOptions {
  readonly delivery: InteractionDelivery;
  readonly interaction: APIInteraction;
  /** Whether an automatic deferral is visible to the user alone. */
  readonly deferEphemeral: boolean;
}

function alreadyAnswered(operation: string, state: ResponseState): CoreError {
  const how = state.type === "answered" ? "answered" : "deferred";
  const advice =
    operation === "showModal" || operation === "launchActivity"
      ? `Call ${operation}() as the very first answer, before anything slow.`
      : "Use editReply() or followUp().";
  return new CoreError(
    "CORE_INTERACTION_ALREADY_ANSWERED",
    `${operation}(): the interaction was already ${how}. ${advice}`,
    {
      details: { operation, state: state.type },
    },
  );
}

/** Builds a {@link Responder}. @see [Discord Docs/Receiving and Responding] */
export function createResponder(options: ResponderOptions): Responder {
  const { delivery, interaction, deferEphemeral } = options;
  const { rest } = delivery;
  const webhook = `/webhooks/${interaction.application_id}/${interaction.token}`;
  const updates = "message" in interaction && interaction.message !== undefined;
  let state: ResponseState = { type: "none" };
  // Which message editReply and deleteReply mean: the first answer, or the follow-up that had to stand in for it.
  let target = "@original";
  let tail: Promise<unknown> = Promise.resolve();

  const exclusive = <T>(task: () => Promise<T>): Promise<T> => {
    const result = tail.then(task);
    tail = result.catch(() => {});
    return result;
  };
  const messageRequest = (method: "POST" | "PATCH", path: string, input: ReplyInput, signal?: AbortSignal) =>
    rest.request<APIMessage>(method, path, {
      body: messageBody(input),
      ...messageFiles(input),
      authenticate: false,
      signal,
    });
  const post = (input: ReplyInput, signal?: AbortSignal) => messageRequest("POST", webhook, input, signal);
  const patch = (input: ReplyInput, signal?: AbortSignal) =>
    messageRequest("PATCH", `${webhook}/messages/${target}`, input, signal);
  const remove = (signal?: AbortSignal) =>
    rest.request("DELETE", `${webhook}/messages/${target}`, { authenticate: false, signal });

  /** What can only be the very first answer. */
  const firstAnswer = (operation: string, body: APIInteractionResponse, signal: AbortSignal | undefined) =>
    exclusive(async () => {
      if (state.type !== "none") throw alreadyAnswered(operation, state);
      await delivery.answer(body, { signal });
      state = { type: "answered" };
    });
  const sendDeferral = async (automatic: boolean, ephemeral: boolean, signal?: AbortSignal) => {
    const flags = ephemeral ? { data: { flags: MessageFlags.Ephemeral as const } } : {};
    await delivery.answer({ type: InteractionResponseType.DeferredChannelMessageWithSource, ...flags }, { signal });
    state = { type: "deferred", automatic, ephemeral };
  };
  const sendUpdateDeferral = async (automatic: boolean, signal?: AbortSignal) => {
    await delivery.answer({ type: InteractionResponseType.DeferredMessageUpdate }, { signal });
    state = { type: "deferredUpdate", automatic };
  };
  const completeDeferral = async (input: ReplyInput, ephemeral: boolean, signal?: AbortSignal) => {
    const wanted = typeof input === "string" ? undefined : input.ephemeral;
    if (wanted === undefined || wanted === ephemeral) await patch(input, signal);
    else {
      // A deferral's visibility cannot be changed, so the placeholder goes and a new message takes its place.
      await remove(signal);
      target = (await post(input, signal)).id;
    }
  };

  return {
    reply: (input, { signal } = {}) =>
      exclusive(async () => {
        if (state.type === "answered") throw alreadyAnswered("reply", state);
        if (state.type === "deferred") await completeDeferral(input, state.ephemeral, signal);
        else if (state.type === "deferredUpdate") target = (await post(input, signal)).id;
        else {
          const data = messageBody(input);
          await delivery.answer(
            { type: InteractionResponseType.ChannelMessageWithSource, data },
            { ...messageFiles(input), signal },
          );
        }
        state = { type: "answered" };
      }),
    defer: ({ ephemeral = deferEphemeral, signal } = {}) =>
      exclusive(async () => {
        if (state.type === "none") return sendDeferral(false, ephemeral, signal);
        if (state.type === "answered" || !state.automatic) throw alreadyAnswered("defer", state);
      }),
    deferUpdate: ({ signal } = {}) =>
      exclusive(async () => {
        if (state.type === "none") return sendUpdateDeferral(false, signal);
        if (state.type !== "deferredUpdate" || !state.automatic) throw alreadyAnswered("deferUpdate", state);
      }),
    update: (input, { signal } = {}) =>
      exclusive(async () => {
        if (state.type === "none") {
          const data = messageBody(input);
          await delivery.answer(
            { type: InteractionResponseType.UpdateMessage, data },
            { ...messageFiles(input), signal },
          );
        } else if (state.type === "deferredUpdate") await patch(input, signal);
        else throw alreadyAnswered("update", state);
        state = { type: "answered" };
      }),
    editReply: (input, { signal } = {}) =>
      exclusive(async () => {
        if (state.type === "none") throw notAnswered("editReply");
        const message = await patch(input, signal);
        state = { type: "answered" };
        return message;
      }),
    deleteReply: ({ signal } = {}) =>
      exclusive(async () => {
        if (state.type === "none") throw notAnswered("deleteReply");
        await remove(signal);
        state = { type: "answered" };
      }),
    followUp: (input, { signal } = {}) =>
      exclusive(async () => {
        if (state.type === "none") throw notAnswered("followUp");
        return post(input, signal);
      }),
    showModal: (data, { signal } = {}) =>
      firstAnswer("showModal", { type: InteractionResponseType.Modal, data }, signal),
    launchActivity: ({ signal } = {}) =>
      firstAnswer("launchActivity", { type: InteractionResponseType.LaunchActivity }, signal),
    respond: (choices, { signal } = {}) =>
      firstAnswer(
        "respond",
        { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices: [...choices] } },
        signal,
      ),
    deferAutomatically: () =>
      exclusive(async () => {
        if (state.type !== "none" || interaction.type === InteractionType.ApplicationCommandAutocomplete) return;
        if (updates) await sendUpdateDeferral(true);
        else await sendDeferral(true, deferEphemeral);
      }),
    get answered() {
      return state.type === "deferred" ? !state.automatic : state.type !== "none";
    },
  };
}

function notAnswered(operation: string): CoreError {
  return new CoreError(
    "CORE_INTERACTION_NOT_ANSWERED",
    `${operation}(): the interaction was not answered yet. Use reply() or defer() first.`,
    {
      details: { operation },
    },
  );
}
