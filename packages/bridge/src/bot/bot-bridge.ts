import { randomUUID } from "node:crypto";
import { silentLogger, systemClock, type Clock, type Logger } from "@antiphon/std";
import type { z } from "zod";
import type { BusMessage, BusSubscription } from "../bus/bus-message.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import { subjectToken } from "../bus/subject.ts";
import { describeMisfit } from "../service/misfit.ts";
import { refusal, refusalOf } from "../service/reply.ts";
import { BridgeError } from "../error.ts";
import { botEventSchema, decodeJson, encodeJson, type BotEvent, type CommandReply } from "./bot-envelope.ts";

/** A command that the bus may give a bot. */
export interface BusCommand<Arguments = unknown> {
  readonly schema: z.ZodType<Arguments>;
  /** Runs it; what it returns goes back as JSON. An Antiphon error goes back with its code, anything else as a bare failure. */
  run(commandArguments: Arguments): Promise<unknown>;
  /** The guild that it is about: of a bot on many processes, the one that has the guild runs it. */
  guildOf?(commandArguments: Arguments): string;
}

/** Types a command by its schema. */
export function defineBusCommand<Arguments>(command: BusCommand<Arguments>): BusCommand {
  return command;
}

/** Options of {@link openBotBridge}. */
export interface BotBridgeOptions {
  readonly bus: BusTransport;
  /** The bot's name in subjects: `antiphon.{app}.event.…`. */
  readonly app: string;
  /** By name. */
  readonly commands?: Readonly<Record<string, BusCommand>>;
  /**
   * Of a bot on many processes, whether this one has a guild (`worker.players.owns`). Commands of a guild then go to all of them and
   * are answered by that one; while nobody has the guild they time out. Left out, any process answers.
   */
  readonly owns?: ((guildId: string) => boolean) | undefined;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** What a bot says on the bus, and what it is told there. */
export interface BotBridge extends AsyncDisposable {
  /**
   * Publishes one event under `antiphon.{app}.event.{name}.{guildId}` (`global` without a guild) and resolves when the bus has it.
   * The same id is published once.
   *
   * @throws BridgeError BRIDGE_PAYLOAD_INVALID for an id over 200, a name over 100 or a guild's id over 20 characters, and as `BusTransport.publish`
   */
  publish(event: {
    readonly id: string;
    readonly name: string;
    readonly guildId: string | null;
    readonly data: unknown;
  }): Promise<void>;
  /** Stops answering commands; the bus stays open. Idempotent. */
  close(): Promise<void>;
}

/** The subject of a bot's event; `*` for any. */
export function botEventSubject(app: string, name: string, guildId: string | null): string {
  const token = (text: string) => (text === "*" ? "*" : subjectToken(text));
  return `antiphon.${subjectToken(app)}.event.${token(name)}.${guildId === null ? "global" : token(guildId)}`;
}

/** The subject of a bot's command. */
export function botCommandSubject(app: string, name: string): string {
  return `antiphon.${subjectToken(app)}.command.${subjectToken(name)}`;
}

/** Connects a bot to a bus: its events go out, commands come in. */
export async function openBotBridge(options: BotBridgeOptions): Promise<BotBridge> {
  const { bus, app, commands = {}, owns = () => true, clock = systemClock, logger = silentLogger } = options;
  // A queue of its own: everybody is asked, and all but one stay silent.
  const ownQueue = `bot-${randomUUID()}`;
  const subscriptions: BusSubscription[] = [];
  const closeAll = async () => {
    await Promise.all(subscriptions.splice(0).map((subscription) => subscription.close()));
  };
  for (const [name, command] of Object.entries(commands)) {
    const answer = async (message: BusMessage) => {
      const reply = await runCommand(name, command, message, { owns, logger });
      return reply === undefined ? undefined : encodeJson(reply);
    };
    const isRouted = options.owns !== undefined && command.guildOf !== undefined;
    try {
      subscriptions.push(await bus.respond(botCommandSubject(app, name), answer, isRouted ? { queue: ownQueue } : {}));
    } catch (error) {
      await closeAll();
      throw error;
    }
  }
  return {
    async publish({ id, name, guildId, data }) {
      const event: BotEvent = { version: 1, id, name, guildId, occurredAtMs: clock.now(), data };
      const checked = botEventSchema.safeParse(event);
      // Whoever listens would skip it without a word.
      if (!checked.success) {
        const text = `The event ${JSON.stringify(name.slice(0, 100))} does not fit: ${describeMisfit(checked.error)}`;
        throw new BridgeError("BRIDGE_PAYLOAD_INVALID", text);
      }
      await bus.publish(botEventSubject(app, name, guildId), encodeJson(event), { id });
    },
    close: closeAll,
    [Symbol.asyncDispose]: closeAll,
  };
}

/** The answer; undefined when it is for another process to give. */
async function runCommand(
  name: string,
  command: BusCommand,
  message: BusMessage,
  { owns, logger }: { readonly owns: (guildId: string) => boolean; readonly logger: Logger },
): Promise<CommandReply | undefined> {
  let given: unknown;
  try {
    given = decodeJson(message.data);
  } catch {
    return refusal("COMMAND_NOT_JSON", `The arguments of ${name} are not JSON.`);
  }
  const checked = command.schema.safeParse(given);
  if (!checked.success)
    return refusal("COMMAND_INVALID", `The arguments of ${name} do not fit: ${describeMisfit(checked.error)}`);
  try {
    const guildId = command.guildOf?.(checked.data);
    if (guildId !== undefined && !owns(guildId)) return undefined;
    return { ok: true, data: (await command.run(checked.data)) ?? null };
  } catch (error) {
    logger.warn("bus command failed", { command: name, error });
    return refusalOf(error, name, "COMMAND_FAILED");
  }
}
