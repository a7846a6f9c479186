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

/** How far the answer to an interaction has got; what is `automatic` was not asked for by the handler. */
type ResponseState =
  | { readonly type: "none" }
  /** A placeholder stands, which all see unless it is `ephemeral`; the answer is to be seen by the user alone if it is `wanted` so. */
  | { readonly type: "deferred"; readonly automatic: boolean; readonly ephemeral: boolean; readonly wanted: boolean }
  | { readonly type: "deferredUpdate"; readonly automatic: boolean }
  /** Acknowledged without anything to see; the answer will be a message of its own. */
  | { readonly type: "open"; readonly wanted: boolean }
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
  /** Defers when nothing was answered yet, in the way that suits the interaction; tells whether it did. */
  deferAutomatically(): Promise<boolean>;
  /** Whether the handler has done its part, with what is under way; an automatic deferral still wants an answer. */
  isAnswered(): Promise<boolean>;
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

/** The messages of an interaction's webhook; each is checked before anything is sent. */
function createWebhook({ delivery, interaction }: ResponderOptions) {
  const path = `/webhooks/${interaction.application_id}/${interaction.token}`;
  const send = (method: "POST" | "PATCH", to: string, input: ReplyInput, signal?: AbortSignal) =>
    delivery.rest.request<APIMessage>(method, to, {
      body: messageBody(input),
      ...messageFiles(input),
      authenticate: false,
      signal,
    });
  return {
    post: (input: ReplyInput, signal?: AbortSignal) => send("POST", path, input, signal),
    patch: (id: string, input: ReplyInput, signal?: AbortSignal) =>
      send("PATCH", `${path}/messages/${id}`, input, signal),
    remove: (id: string, signal?: AbortSignal) =>
      delivery.rest.request("DELETE", `${path}/messages/${id}`, { authenticate: false, signal }),
  };
}

/** An answer that says whether only the user sees it, with a default for when it does not say so. */
function withVisibility(input: ReplyInput, wanted: boolean): ReplyFields & { readonly ephemeral: boolean } {
  const fields = typeof input === "string" ? { content: input } : input;
  return { ...fields, ephemeral: fields.ephemeral ?? wanted };
}

/** Builds a {@link Responder}. @see [Discord Docs/Receiving and Responding] */
export function createResponder(options: ResponderOptions): Responder {
  const { delivery, interaction, deferEphemeral } = options;
  const { post, patch, remove } = createWebhook(options);
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
  const isAnswered = () => state.type !== "none" && !("automatic" in state && state.automatic);

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
    state = { type: "deferred", automatic, ephemeral, wanted: ephemeral };
  };
  const sendUpdateDeferral = async (automatic: boolean, signal?: AbortSignal) => {
    await delivery.answer({ type: InteractionResponseType.DeferredMessageUpdate }, { signal });
    state = { type: "deferredUpdate", automatic };
  };
  const postAnswer = async (input: ReplyInput, signal?: AbortSignal) => {
    const message = await post(input, signal);
    target = message.id;
    return message;
  };
  const completeDeferral = async (input: ReplyInput, placeholderEphemeral: boolean, signal?: AbortSignal) => {
    const answer = withVisibility(input, placeholderEphemeral);
    if (answer.ephemeral === placeholderEphemeral) return patch(target, input, signal);
    // A deferral's visibility cannot be changed, so the placeholder goes and a new message takes its place; not for an invalid one.
    messageBody(answer);
    await remove(target, signal);
    state = { type: "open", wanted: answer.ephemeral };
    return postAnswer(answer, signal);
  };
  /** Shows an answer in the place of what stands there now. */
  const replace = (input: ReplyInput, signal?: AbortSignal): Promise<APIMessage> => {
    if (state.type === "open") return postAnswer(withVisibility(input, state.wanted), signal);
    if (state.type !== "deferred") return patch(target, input, signal);
    const answer = state.wanted === state.ephemeral ? input : withVisibility(input, state.wanted);
    return completeDeferral(answer, state.ephemeral, signal);
  };

  return {
    reply: (input, { signal } = {}) =>
      exclusive(async () => {
        if (state.type === "answered") throw alreadyAnswered("reply", state);
        if (state.type === "deferredUpdate") await postAnswer(input, signal);
        else if (state.type !== "none") await replace(input, signal);
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
        if (isAnswered()) throw alreadyAnswered("defer", state);
        // The automatic deferral is the handler's from now on; that of a component has no placeholder to complete.
        if (state.type === "deferred") state = { ...state, automatic: false, wanted: ephemeral };
        else state = { type: "open", wanted: ephemeral };
      }),
    deferUpdate: ({ signal } = {}) =>
      exclusive(async () => {
        if (state.type === "none") return sendUpdateDeferral(false, signal);
        if (state.type !== "deferredUpdate" || isAnswered()) throw alreadyAnswered("deferUpdate", state);
        state = { type: "deferredUpdate", automatic: false };
      }),
    update: (input, { signal } = {}) =>
      exclusive(async () => {
        if (state.type === "none") {
          const data = messageBody(input);
          await delivery.answer(
            { type: InteractionResponseType.UpdateMessage, data },
            { ...messageFiles(input), signal },
          );
        } else if (state.type === "deferredUpdate") await patch(target, input, signal);
        else throw alreadyAnswered("update", state);
        state = { type: "answered" };
      }),
    editReply: (input, { signal } = {}) =>
      exclusive(async () => {
        if (!isAnswered()) throw notAnswered("editReply");
        const message = await replace(input, signal);
        state = { type: "answered" };
        return message;
      }),
    deleteReply: ({ signal } = {}) =>
      exclusive(async () => {
        if (!isAnswered()) throw notAnswered("deleteReply");
        if (state.type !== "open") await remove(target, signal);
        state = { type: "answered" };
      }),
    followUp: (input, { signal } = {}) =>
      exclusive(async () => {
        if (!isAnswered()) throw notAnswered("followUp");
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
        if (state.type !== "none" || interaction.type === InteractionType.ApplicationCommandAutocomplete) return false;
        if (updates) await sendUpdateDeferral(true);
        else await sendDeferral(true, deferEphemeral);
        return true;
      }),
    isAnswered: () => exclusive(() => Promise.resolve(isAnswered())),
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
