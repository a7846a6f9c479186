import { sign } from "node:crypto";
import { describeError } from "@antiphon/std";
import { InteractionResponseType, InteractionType } from "discord-api-types/v10";
import { DiscordSimError } from "../sim-error.ts";
import type { Transcript } from "../transcript.ts";
import type { ApplicationRecord, InteractionRecord, WorldState } from "../world/state.ts";
import { answerInteraction } from "./interaction-routes.ts";
import { decodeBody, type RequestBody } from "./request-body.ts";

/** How long an endpoint has for an answer. */
const ANSWER_DEADLINE_MS = 3_000;

/** What an endpoint answered. */
interface EndpointAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly bytes: Buffer<ArrayBuffer>;
}

/** Posts a payload as Discord does, signed by the application's key over the timestamp and the body; `forged` spoils the signature. */
async function post(
  state: WorldState,
  { signingKey }: ApplicationRecord,
  request: { readonly url: string; readonly text: string; readonly forged?: boolean },
): Promise<EndpointAnswer> {
  const timestamp = String(Math.floor(state.clock.now() / 1000));
  const signature = sign(null, Buffer.from(timestamp + request.text), signingKey);
  if (request.forged === true) signature[0] = (signature[0] ?? 0) ^ 1;
  const deadline = new AbortController();
  const timer = state.clock.setTimer(ANSWER_DEADLINE_MS, () => deadline.abort(), { keepAlive: false });
  try {
    const response = await fetch(request.url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "Discord-Interactions/1.0 (+https://discord.com)",
        "X-Signature-Ed25519": signature.toString("hex"),
        "X-Signature-Timestamp": timestamp,
      },
      body: request.text,
      redirect: "manual",
      signal: AbortSignal.any([deadline.signal, state.closing]),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, contentType: response.headers.get("content-type") ?? "", bytes };
  } finally {
    timer.cancel();
  }
}

/** Gives what sends interactions to the HTTP endpoints of their applications. */
export function createInteractionDelivery(
  state: WorldState,
  transcript: Transcript,
): (record: InteractionRecord, payload: object) => void {
  const deliver = async (record: InteractionRecord, url: string, text: string): Promise<void> => {
    transcript.add({ type: "deliver", url, text });
    const answer = await post(state, record.application, { url, text });
    transcript.add({ type: "delivered", url, status: answer.status, text: answer.bytes.toString("utf8") });
    // The application answers by the callback route.
    if (answer.status === 202 || answer.status === 204) return;
    if (answer.status !== 200) throw new Error(`it answered ${answer.status}`);
    const { json, files }: RequestBody = await decodeBody(answer.bytes, answer.contentType);
    if (record.status !== "late") answerInteraction(state, record, { body: json, files });
  };
  return (record, payload) => {
    const url = record.application.interactionsEndpoint ?? "";
    deliver(record, url, JSON.stringify(payload)).catch((error: unknown) => {
      if (state.closing.aborted || record.status !== "pending") return;
      const text = `Interaction ${record.id} was not answered by ${url}: ${describeError(error)}`;
      transcript.add({ type: "problem", text });
      record.settle({ kind: "unanswered" });
    });
  };
}

/** Tries an endpoint as Discord does before it is saved, and saves it; null forgets it. */
export async function setInteractionsEndpoint(
  state: WorldState,
  application: ApplicationRecord,
  url: string | null,
): Promise<void> {
  if (url !== null) {
    const wrong = await tryEndpoint(state, application, url);
    if (wrong !== undefined) {
      throw new DiscordSimError(
        "SIM_DISCORD_ENDPOINT_REFUSED",
        `The interactions endpoint ${url} could not be verified: ${wrong}.`,
        { details: { url } },
      );
    }
  }
  application.interactionsEndpoint = url ?? undefined;
}

/** What is wrong with an endpoint, if anything. */
async function tryEndpoint(
  state: WorldState,
  application: ApplicationRecord,
  url: string,
): Promise<string | undefined> {
  const ping = { id: state.nextId(), application_id: application.id, type: InteractionType.Ping, version: 1 };
  const text = JSON.stringify({ ...ping, token: state.hex(64), entitlements: [] });
  try {
    const forged = await post(state, application, { url, text, forged: true });
    if (forged.status !== 401) return `it answered a PING with a wrong signature by ${forged.status} instead of 401`;
    const { status, bytes, contentType } = await post(state, application, { url, text });
    if (status !== 200) return `it answered a PING by ${status} instead of 200`;
    const { json } = await decodeBody(bytes, contentType);
    const isPong = (json as { readonly type?: unknown } | undefined)?.type === InteractionResponseType.Pong;
    return isPong ? undefined : "its answer to a PING is not of type 1";
  } catch (error) {
    return describeError(error);
  }
}
