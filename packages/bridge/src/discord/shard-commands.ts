import { shardIdOf, type GatewayCommand, type GuildId } from "@antiphon/protocol/discord";
import { createBackoff, type Clock, type Random } from "@antiphon/std";
import { encodeJson, readCommandReply } from "../bot/bot-envelope.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import { BridgeError } from "../error.ts";
import { commandSubject } from "./dispatch-codec.ts";
import type { Layout } from "./layout.ts";
import { isBridgeFailure } from "./lease.ts";

/** Options of {@link sendToShards}. */
export interface SendToShardsOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  /** How the bot is divided now; asked again when nobody answers. */
  readonly layout: () => Pick<Layout, "shardCount" | "generation">;
  /** The guild whose shard is meant; undefined for every shard. */
  readonly guildId: GuildId | undefined;
  readonly command: GatewayCommand;
  readonly clock: Clock;
  readonly random: Random;
}

/** For how long a shard may be between two owners. */
const OWNERLESS_MS = 10_000;

/**
 * Gives a command to whoever runs the guild's shard. While the bot is resharded that is the shard that is in charge when the command
 * is taken.
 *
 * @throws BridgeError BRIDGE_NO_RESPONDER when nobody has run it for 10 s, BRIDGE_COMMAND_REFUSED with the gateway's code in its
 * details, BRIDGE_REQUEST_TIMED_OUT
 */
export async function sendToShards(options: SendToShardsOptions): Promise<void> {
  const { guildId, layout } = options;
  for (;;) {
    const { shardCount, generation } = layout();
    const all = Array.from({ length: shardCount }, (_, id) => id);
    const shardIds = guildId === undefined ? all : [shardIdOf(guildId, shardCount)];
    try {
      await Promise.all(shardIds.map((shardId) => sendTo(shardId, generation, options)));
      return;
    } catch (error) {
      const isReplaced = layout().generation !== generation;
      if (!isReplaced || !isBridgeFailure(error, "BRIDGE_NO_RESPONDER")) throw error;
    }
  }
}

async function sendTo(shardId: number, generation: number, options: SendToShardsOptions): Promise<void> {
  const { bus, applicationId, layout, command, clock, random } = options;
  const subject = commandSubject(applicationId, shardId, generation);
  const data = encodeJson({ op: command.op, d: command.d });
  const endMs = clock.monotonicMs() + OWNERLESS_MS;
  for (let backoff = createBackoff({ baseMs: 100, maximumMs: 1_000, random }); ; backoff = backoff.next()) {
    try {
      const reply = readCommandReply(await bus.request(subject, data));
      if (reply.ok) return;
      throw new BridgeError(
        "BRIDGE_COMMAND_REFUSED",
        `Shard ${shardId} refused op ${command.op}: ${reply.error.message}`,
        { details: { gatewayCode: reply.error.code }, retryable: reply.error.retryable },
      );
    } catch (error) {
      const isLate = clock.monotonicMs() >= endMs || layout().generation !== generation;
      if (isLate || !isBridgeFailure(error, "BRIDGE_NO_RESPONDER")) throw error;
      await clock.sleep(backoff.delayMs);
    }
  }
}
