// Tests how a music bot takes a node's bad days, with a Lavalink client that other people wrote and a clock that is moved by hand: an
// hour's track ends in no time, one track hangs, one request is refused, and then the node restarts.
// Here: `npx node --conditions=@antiphon/source packages/sim/examples/lavalink-on-a-clock.ts`; in a project of your own:
// `node lavalink-on-a-clock.ts`.
import { once } from "node:events";
import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { createManualClock } from "@antiphon/std";
import { Connector, Shoukaku } from "shoukaku";

/** What a Discord library does for shoukaku: passes voice states to and fro. Here every channel can be joined at once. */
class LoopbackConnector extends Connector {
  override getId() {
    return "1000";
  }
  override listen(nodes: Parameters<Connector["ready"]>[0]) {
    queueMicrotask(() => this.ready(nodes));
  }
  override sendPacket(_shardId: number, { d: place }: { readonly d: { guild_id: string; channel_id: string | null } }) {
    if (place.channel_id === null) return;
    const state = { ...place, user_id: "1000", session_id: "s", self_deaf: false, self_mute: false };
    const server = { guild_id: place.guild_id, token: "t", endpoint: "eu.voice.invalid" };
    queueMicrotask(() => {
      this.raw({ t: "VOICE_STATE_UPDATE", d: state });
      this.raw({ t: "VOICE_SERVER_UPDATE", d: server });
    });
  }
}

const clock = createManualClock();
await using node = await startLavalinkSimulator({ clock });
node.catalogue.add({ identifier: "mass", title: "A whole mass", author: "Josquin", lengthMs: 3_600_000 });
node.catalogue.add({ identifier: "scratch", title: "A scratched record", author: "Nobody", lengthMs: 60_000 });
node.faults.failTrack("scratch", { kind: "stuck", atMs: 5_000 });

const address = { name: "node", url: `${node.host}:${node.port}`, auth: node.password };
const shoukaku = new Shoukaku(new LoopbackConnector({}), [address], { reconnectTries: 1, reconnectInterval: 0 });
shoukaku.on("error", () => {}); // it comments on the restart below in many words; without a listener Node would end the process
await once(shoukaku, "ready");
const player = await shoukaku.joinVoiceChannel({
  guildId: "81384788765712384",
  channelId: "81384788765712385",
  shardId: 0,
});

async function play(identifier: string): Promise<void> {
  const loaded = await player.node.rest.resolve(identifier);
  if (loaded?.loadType !== "track") throw new Error(`${identifier} cannot be loaded`);
  const started = once(player, "start");
  await player.playTrack({ track: { encoded: loaded.data.encoded } });
  await started;
  console.log(`playing ${loaded.data.info.title}`);
}

await play("mass");
const ended = once(player, "end");
await clock.advance(3_600_000); // an hour, in an instant
console.log(`the track ended: ${((await ended)[0] as { reason: string }).reason}`);

await play("scratch");
const stuck = once(player, "stuck");
await clock.advance(20_000);
await stuck;
console.log("the next track hangs after five seconds, and the client is told");

node.faults.failRequests({ status: 503, path: /loadtracks/ });
await player.node.rest.resolve("mass").catch((error: Error) => console.log(`refused once: ${error.message}`));

console.log(`${node.requests.length} requests in all; players on the node: ${node.players.length}`);
const gone = once(shoukaku, "close");
node.faults.restart();
await gone;
console.log(`after a restart: ${node.players.length}; a client has to make its players anew`);
shoukaku.removeNode("node");
