import { defineCommand, type Client, type Command } from "@antiphon/core";
import type { Lavalink } from "@antiphon/lavalink";
import type { Clock } from "@antiphon/std";

/** `/ping`: how quickly the bot's parts answer. */
export function pingCommand({
  client,
  lavalink,
  clock,
}: {
  readonly client: Client;
  readonly lavalink: Lavalink;
  readonly clock: Clock;
}): Command {
  return defineCommand({
    name: "ping",
    description: "Check that the bot is awake, and how quickly",
    async execute({ reply, editReply }) {
      const startMs = clock.monotonicMs();
      await reply("Pong!");
      const roundTrip = `${Math.round(clock.monotonicMs() - startMs)} ms`;
      const gateway = client.latencyMs === undefined ? "not measured yet" : `${Math.round(client.latencyMs)} ms`;
      await editReply(
        `Pong! Answering took ${roundTrip}; the gateway's heartbeat: ${gateway}; players: ${lavalink.players.size}.`,
      );
    },
  });
}
