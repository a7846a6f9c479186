import type { RestRequestOptions, RestTransport } from "@antiphon/protocol/discord";
import type { APIInteraction, APIInteractionResponse } from "discord-api-types/v10";

/** How the answers to one interaction travel. */
export interface InteractionDelivery {
  /** For everything after the first answer. */
  readonly rest: RestTransport;
  /** Sends the first answer, and resolves when Discord has it. */
  answer(body: APIInteractionResponse, options: Pick<RestRequestOptions, "files" | "signal">): Promise<void>;
}

/** Sends the first answer over the callback route. */
export async function postCallback(
  rest: RestTransport,
  { id, token }: Pick<APIInteraction, "id" | "token">,
  body: APIInteractionResponse,
  options: Pick<RestRequestOptions, "files" | "signal">,
): Promise<void> {
  await rest.request("POST", `/interactions/${id}/${token}/callback`, { ...options, body, authenticate: false });
}

/** Delivery for interactions that come over the gateway. */
export function callbackDelivery(rest: RestTransport, interaction: APIInteraction): InteractionDelivery {
  return { rest, answer: (body, options) => postCallback(rest, interaction, body, options) };
}
