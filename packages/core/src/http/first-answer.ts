import type { RestRequestOptions, RestTransport } from "@antiphon/protocol/discord";
import { withSignal, type Clock } from "@antiphon/std";
import type { APIInteraction } from "discord-api-types/v10";
import { postCallback, type InteractionDelivery } from "../interactions/delivery.ts";
import { discordCodeOf } from "../request-failure.ts";
import { jsonAnswer, type HttpAnswer } from "./http-answer.ts";

/** Discord waits 3 seconds for an answer; one that is not out by then was lost. */
const SEND_TIMEOUT_MS = 3_000;
/** How long after the answer Discord may still not know the interaction's webhook. */
const SETTLING_DELAYS_MS = [100, 300, 1_000];
const ALREADY_ACKNOWLEDGED = 40060;
const UNKNOWN_MESSAGE = 10008;
const UNKNOWN_WEBHOOK = 10015;

/** An interaction's way to be answered through the body of the HTTP response that Discord waits for. */
export interface FirstAnswer {
  /** Resolves with the response when the handler has its first answer. */
  readonly ready: Promise<HttpAnswer>;
  readonly delivery: InteractionDelivery;
}

/** Options of {@link createFirstAnswer}. */
export interface FirstAnswerOptions {
  readonly rest: RestTransport;
  readonly interaction: APIInteraction;
  readonly clock: Clock;
}

/** Repeats requests that come before Discord has read our response, and so are refused as unknown. */
function createSettlingRest(rest: RestTransport, clock: Clock, isSettling: () => boolean): RestTransport {
  const isUnknown = (error: unknown) => {
    const code = discordCodeOf(error);
    return code === UNKNOWN_WEBHOOK || code === UNKNOWN_MESSAGE;
  };
  return {
    async request<Result>(...request: Parameters<RestTransport["request"]>) {
      for (const delayMs of SETTLING_DELAYS_MS) {
        try {
          return await rest.request<Result>(...request);
        } catch (error) {
          if (!isSettling() || !isUnknown(error)) throw error;
          await clock.sleep(delayMs, { signal: request[2]?.signal });
        }
      }
      return rest.request<Result>(...request);
    },
  };
}

/** Builds a {@link FirstAnswer}; an answer that could not be sent goes through the callback route instead. */
export function createFirstAnswer({ rest, interaction, clock }: FirstAnswerOptions): FirstAnswer {
  const ready = Promise.withResolvers<HttpAnswer>();
  let offered = false;
  let settledAtMs: number | undefined;
  const isSettling = () => settledAtMs !== undefined && clock.monotonicMs() < settledAtMs;

  const send = async (body: unknown, { files, signal }: RestRequestOptions): Promise<boolean> => {
    const answer = await jsonAnswer(body, files);
    const sent = Promise.withResolvers<boolean>();
    using _timeout = clock.setTimer(SEND_TIMEOUT_MS, () => sent.resolve(false), { keepAlive: false });
    ready.resolve({ ...answer, onSent: sent.resolve });
    // Awaited here, so that the timer lives as long as the wait.
    return await withSignal(sent.promise, signal);
  };
  return {
    ready: ready.promise,
    delivery: {
      rest: createSettlingRest(rest, clock, isSettling),
      async answer(body, options) {
        const first = !offered;
        offered = true;
        if (first && (await send(body, options))) {
          settledAtMs = clock.monotonicMs() + SEND_TIMEOUT_MS;
          return;
        }
        try {
          await postCallback(rest, interaction, body, options);
        } catch (error) {
          // It had arrived after all.
          if (!first || discordCodeOf(error) !== ALREADY_ACKNOWLEDGED) throw error;
        }
      },
    },
  };
}
