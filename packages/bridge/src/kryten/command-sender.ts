import { randomUUID } from "node:crypto";
import { isAntiphonError, type Brand, type Clock, type Random } from "@antiphon/std";
import {
  commandSubject,
  decodeKrytenReply,
  encodeKrytenCommand,
  encodeLegacyKrytenCommand,
  serviceCommandSubject,
  type KrytenConfig,
} from "@antiphon/protocol/kryten";
import type { CoreBus } from "../bus/bus-transport.ts";
import { BridgeError, type BridgeErrorCode } from "../error.ts";
import { createChatThrottle } from "./chat-throttle.ts";

/** The id of a command; the robot runs two commands of one id once. */
export type CorrelationId = Brand<string, "CorrelationId">;

/** Options of every command. */
export interface CommandOptions {
  /** Defaults to the domain of the first configured channel of this name, or of the first channel. */
  readonly domain?: string;
  /**
   * Whether to wait for the robot's answer, and to fail when it says that the command had no effect. Defaults to true. Without it
   * a command resolves once it is on the bus, as in kryten-py.
   */
  readonly confirm?: boolean;
  /** How long to wait for the answer. Defaults to 10,000 ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Sends commands to the robot. */
export interface CommandSender {
  /**
   * Sends one command and returns its id and what the robot answered.
   *
   * @throws BridgeError BRIDGE_COMMAND_REFUSED, BRIDGE_NO_RESPONDER, BRIDGE_REQUEST_TIMED_OUT
   */
  send(
    channel: string,
    command: string,
    args: Readonly<Record<string, unknown>>,
    options?: CommandOptions,
  ): Promise<{ readonly correlationId: CorrelationId; readonly data: unknown }>;
  /** Waits for the turn of a chat message or private message. */
  chatTurn(signal: AbortSignal | undefined): Promise<void>;
  readonly sent: number;
  readonly failed: number;
}

/** Options of {@link createCommandSender}. */
export interface CommandSenderOptions {
  readonly bus: () => CoreBus;
  readonly config: KrytenConfig;
  readonly dialect: "current" | "legacy";
  readonly clock: Clock;
  readonly random: Random;
}

/** What the old dialect calls a command that has another name there. */
const legacyActions: Readonly<Record<string, string>> = {
  say: "chat",
  addvideo: "queue",
  rmvideo: "delete",
  mvvideo: "move",
};
const CONFIRM_TIMEOUT_MS = 10_000;

/** Builds a {@link CommandSender}. */
export function createCommandSender(options: CommandSenderOptions): CommandSender {
  const { bus, config, dialect, clock, random } = options;
  const source = config.service?.name ?? "kryten-client";
  const throttle = createChatThrottle({
    minimumDelayMs: config.chatMinimumDelayMs,
    jitterMs: config.chatJitterMs,
    clock,
    random,
  });
  let sent = 0;
  let failed = 0;

  const domainOf = (channel: string): string => {
    const [first] = config.channels;
    const own = config.channels.find((each) => each.channel.toLowerCase() === channel.toLowerCase());
    return (own ?? first)?.domain ?? "";
  };

  /** Asks again while surely nobody has heard; after a timeout somebody may have, so that is the caller's to decide. */
  const ask = async (
    data: Uint8Array,
    { timeoutMs = CONFIRM_TIMEOUT_MS, signal }: CommandOptions,
  ): Promise<Uint8Array> => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await bus().request(serviceCommandSubject("robot"), data, { timeoutMs, signal });
      } catch (error) {
        const nobody = isAntiphonError<BridgeErrorCode>(error, "BRIDGE_NO_RESPONDER");
        if (!nobody || attempt >= config.retryAttempts) throw error;
        await clock.sleep(config.retryDelayMs, { signal });
      }
    }
  };

  return {
    async send(channel, command, args, sendOptions = {}) {
      const { domain = domainOf(channel), confirm = dialect === "current", signal } = sendOptions;
      signal?.throwIfAborted();
      const correlationId = randomUUID() as string as CorrelationId;
      const message = { command, args, source, domain, channel, requestId: correlationId, sentAtMs: clock.now() };
      try {
        if (dialect === "legacy") {
          const action = legacyActions[command] ?? command;
          const subject = commandSubject(channel, action);
          await bus().send(subject, encodeLegacyKrytenCommand({ ...message, command: action }), { signal });
        } else if (!confirm) {
          await bus().send(serviceCommandSubject("robot"), encodeKrytenCommand(message), { id: correlationId, signal });
        } else {
          const reply = decodeKrytenReply(await ask(encodeKrytenCommand(message), sendOptions));
          if (!reply.ok) throw refused(channel, command, reply);
          sent++;
          return { correlationId, data: reply.data };
        }
        sent++;
        return { correlationId, data: undefined };
      } catch (error) {
        failed++;
        throw error;
      }
    },
    chatTurn: (signal) => throttle.turn(signal),
    get sent() {
      return sent;
    },
    get failed() {
      return failed;
    },
  };
}

function refused(
  channel: string,
  command: string,
  { error, code }: { readonly error: string; readonly code: string | undefined },
): BridgeError {
  return new BridgeError("BRIDGE_COMMAND_REFUSED", `The robot of ${channel} did not carry out ${command}: ${error}`, {
    details: { command, channel, ...(code === undefined ? {} : { robotCode: code }) },
  });
}
