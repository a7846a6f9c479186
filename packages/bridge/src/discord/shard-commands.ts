import { shardIdOf, type GatewayCommand, type GuildId } from "@antiphon/protocol/discord";
import { createBackoff, type Clock, type Random } from "@antiphon/std";
import { encodeJson, readCommandReply } from "../bot/bot-envelope.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import { BridgeError } from "../error.ts";
import { commandSubject } from "./dispatch-codec.ts";
import { isBridgeFailure } from "./lease.ts";

/** Options of {@link sendToShards}. */
export interface SendToShardsOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly shardCount: number;
  /** The guild whose shard is meant; undefined for every shard. */
  readonly guildId: GuildId | undefined;
  readonly command: GatewayCommand;
  readonly clock: Clock;
  readonly random: Random;
}

/** For how long a shard may be between two owners. */
const OWNERLESS_MS = 10_000;

/**
 * Gives a command to whoever runs the guild's shard.
 *
 * @throws BridgeError BRIDGE_NO_RESPONDER when nobody has run it for 10 s, BRIDGE_COMMAND_REFUSED with the gateway's code in its
 * details, BRIDGE_REQUEST_TIMED_OUT
 */
export async function sendToShards(options: SendToShardsOptions): Promise<void> {
  const { guildId, shardCount } = options;
  const shardIds =
    guildId === undefined ? Array.from({ length: shardCount }, (_, id) => id) : [shardIdOf(guildId, shardCount)];
  await Promise.all(shardIds.map((shardId) => sendTo(shardId, options)));
}

async function sendTo(shardId: number, options: SendToShardsOptions): Promise<void> {
  const { bus, applicationId, command, clock, random } = options;
  const data = encodeJson({ op: command.op, d: command.d });
  const endMs = clock.monotonicMs() + OWNERLESS_MS;
  for (let backoff = createBackoff({ baseMs: 100, maximumMs: 1_000, random }); ; backoff = backoff.next()) {
    try {
      const reply = readCommandReply(await bus.request(commandSubject(applicationId, shardId), data));
      if (reply.ok) return;
      throw new BridgeError(
        "BRIDGE_COMMAND_REFUSED",
        `Shard ${shardId} refused op ${command.op}: ${reply.error.message}`,
        { details: { gatewayCode: reply.error.code }, retryable: reply.error.retryable },
      );
    } catch (error) {
      if (!isBridgeFailure(error, "BRIDGE_NO_RESPONDER") || clock.monotonicMs() >= endMs) throw error;
      await clock.sleep(backoff.delayMs);
    }
  }
}
