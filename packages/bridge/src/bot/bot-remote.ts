import { AntiphonError } from "@antiphon/std";
import type { SubscribeOptions } from "../bus/bus-stream.ts";
import type { BusSubscription } from "../bus/bus-message.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import { BridgeError } from "../error.ts";
import { botCommandSubject, botEventSubject } from "./bot-bridge.ts";
import {
  botEventSchema,
  decodeJson,
  encodeJson,
  readCommandReply,
  type BotEvent,
  type CommandReply,
} from "./bot-envelope.ts";

/** A bot refused a command; `code` is the bot's, and so is its opinion on trying again (`retryable`). */
export class CommandRefusedError extends AntiphonError {}

/** The other end of a {@link BotBridge}: a service that watches a bot and tells it what to do. */
export interface BotRemote {
  /**
   * Gives the bot a command and resolves with its result.
   *
   * @throws CommandRefusedError with the bot's own code; BridgeError BRIDGE_PAYLOAD_INVALID for an answer that is none, and as
   * `BusTransport.request`
   */
  command(
    name: string,
    commandArguments: unknown,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<unknown>;
  /** Calls the handler for each event of this name (`*`: any). What is no event of a bot is skipped and counted. */
  onEvent(
    name: string,
    handler: (event: BotEvent) => Promise<void> | void,
    options?: SubscribeOptions,
  ): Promise<BusSubscription>;
  /** Messages on the bot's subjects that were no event of a bot. */
  readonly malformed: number;
}

/** Builds a {@link BotRemote}. */
export function createBotRemote({ bus, app }: { readonly bus: BusTransport; readonly app: string }): BotRemote {
  let malformed = 0;
  return {
    async command(name, commandArguments, options) {
      const data = await bus.request(botCommandSubject(app, name), encodeJson(commandArguments), options);
      const reply = readReply(name, data);
      if (reply.ok) return reply.data;
      const { code, message, retryable } = reply.error;
      throw new CommandRefusedError(code, message, { retryable });
    },
    onEvent(name, handler, options) {
      return bus.subscribe(
        botEventSubject(app, name, "*"),
        async (message) => {
          const event = readEvent(message.data);
          if (event === undefined) malformed++;
          else await handler(event);
        },
        options,
      );
    },
    get malformed() {
      return malformed;
    },
  };
}

function readReply(name: string, data: Uint8Array): CommandReply {
  try {
    return readCommandReply(data);
  } catch (cause) {
    throw new BridgeError("BRIDGE_PAYLOAD_INVALID", `What answers ${name} is no bot: its answer does not fit.`, {
      cause,
    });
  }
}

function readEvent(data: Uint8Array): BotEvent | undefined {
  try {
    return botEventSchema.parse(decodeJson(data));
  } catch {
    return undefined;
  }
}
