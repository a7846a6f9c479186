import type { InteractionId } from "@antiphon/protocol/discord";
import { waitFor } from "@antiphon/std";
import { MessageFlags, type APIMessage, type APIModalInteractionResponseCallbackData } from "discord-api-types/v10";
import { DiscordSimError } from "../sim-error.ts";
import type { InteractionRecord, WorldState } from "./state.ts";
import type { InteractionAnswer } from "./world-event.ts";

/** How a bot answered a person, kept up to date while the bot edits and follows up. */
export interface InvocationResult {
  /** The interaction's id. */
  readonly interactionId: InteractionId;
  /** How the bot answered first; `unanswered` means that Discord says "the application did not respond". */
  readonly outcome: InteractionAnswer["kind"];
  /** The bot's first message as it is now; for an update, the message whose component was used. */
  readonly message: APIMessage | undefined;
  /** The messages sent after the first, as they are now. */
  readonly followUps: readonly APIMessage[];
  /** Whether only this person sees the answer. */
  readonly ephemeral: boolean;
  /** Whether the answer still says "is thinking". */
  readonly thinking: boolean;
  /** The form that the bot opened. */
  readonly modal: APIModalInteractionResponseCallbackData | undefined;
  /**
   * Resolves with the first message as soon as it no longer says "is thinking".
   *
   * @throws DiscordSimError SIM_DISCORD_INTERACTION_UNANSWERED when there is no message to wait for
   */
  completed(options?: { readonly signal?: AbortSignal | undefined }): Promise<APIMessage>;
}

/** Waits for the first answer to an interaction and follows what comes after. */
export async function followInteraction(state: WorldState, record: InteractionRecord): Promise<InvocationResult> {
  const { kind } = await record.answer;
  const find = (id: string | undefined) => (id === undefined ? undefined : record.channel.messages.get(id)?.message);
  const hasFlag = (flag: MessageFlags) => ((find(record.originalId)?.flags ?? 0) & flag) !== 0;
  const result: InvocationResult = {
    interactionId: record.id,
    outcome: kind,
    get message() {
      return find(record.originalId);
    },
    get followUps() {
      return record.followUpIds.flatMap((id) => find(id) ?? []);
    },
    get ephemeral() {
      return hasFlag(MessageFlags.Ephemeral);
    },
    get thinking() {
      return hasFlag(MessageFlags.Loading);
    },
    modal: record.modal,
    async completed({ signal } = {}) {
      const { message } = result;
      if (message === undefined) {
        throw new DiscordSimError(
          "SIM_DISCORD_INTERACTION_UNANSWERED",
          `Interaction ${record.id} has no message: its outcome is "${kind}".`,
        );
      }
      if (!result.thinking) return message;
      const filter = (event: { readonly message: APIMessage }) => event.message.id === message.id;
      return (await waitFor(state.events, "messageUpdate", { filter, signal })).message;
    },
  };
  return result;
}
