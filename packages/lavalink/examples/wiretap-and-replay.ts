// Finds out what happened: every frame and request without its secrets, a timeline of events with a report, the reasons for what was
// chosen, and a recording of an evening that is played again and compared with the first time.
// Here: `npx node --conditions=@antiphon/source packages/lavalink/examples/wiretap-and-replay.ts`; in a project of your own:
// `node wiretap-and-replay.ts`.
import { createLavalink, tracksOf } from "@antiphon/lavalink";
import { createPlaybackRecorder, createWiretap, startIntrospector, startTimeline } from "@antiphon/lavalink/debug";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { waitFor } from "@antiphon/std";

// A voice server that nobody connects to: simulated nodes play time instead of audio.
const voice = { endpoint: "127.0.0.1:443", allocate: () => ({ token: "token" }), release: () => {} };
await using discord = await startDiscordSimulator({ voice });
const { world } = discord;
const bot = world.addUser({ username: "jukebox" });
const guild = world.addGuild({ name: "Choir", ownerId: bot.id });
const channel = world.addChannel(guild.id, { name: "Loft", type: "voice" });

// They listen to every client of this process, whether it was made before or after them, and cost nothing once they are disposed.
using wiretap = createWiretap();
using timeline = startTimeline();
using introspector = startIntrospector();
using recorder = createPlaybackRecorder();

await using node = await startLavalinkSimulator();
const { host, port, password } = node;
await using lavalink = createLavalink({
  nodes: [{ name: "node", host, port, password }],
  signaling: world.signalingFor(bot.id),
});
await lavalink.connect();
const player = await lavalink.join({ guildId: guild.id, channelId: channel.id });
const [rain, harbour] = await Promise.all(["rain", "harbour"].map(async (id) => tracksOf(await lavalink.load(id))[0]));
if (rain === undefined || harbour === undefined) throw new Error("the simulator has these two");

wiretap.enable();
recorder.start("a short evening");
let started = waitFor(lavalink, "trackStart");
player.queue.add(harbour);
await player.play(rain, { volumePercent: 80 });
await started;
started = waitFor(lavalink, "trackStart");
await player.skip();
await started;
await player.setVolume(50);
const session = recorder.stop();
wiretap.disable();

for (const { direction, op } of wiretap.packets())
  if (direction === "out") console.log(`sent: ${op.replaceAll(/\d{5,}/g, "…")}`);
const kept = JSON.stringify(wiretap.packets());
console.log(`secrets in it: ${kept.includes(password) || kept.includes('"token":"token"')}`);

const { totalEvents, countByType, endReasons } = timeline.report(guild.id);
console.log(`timeline: ${totalEvents > 0 ? "" : "no "}events;`, { trackStart: countByType.trackStart, endReasons });
for (const { reason, from, to } of introspector.decisions("next"))
  console.log(`next: ${from?.info.title ?? "nothing"} -> ${to?.info.title ?? "nothing"}, because ${reason}`);

// The same commands to the same players, ten times as fast; where the outcomes differ, it says what was expected.
await player.stop();
player.queue.clear();
player.queue.add(harbour);
const report = await recorder.replay(session, { players: lavalink.players, speed: 10 });
console.log(
  `replayed ${report.commands} commands; failures: ${report.failures.length}, differences: ${report.differences.length}`,
);
for (const { expected, actual } of report.differences)
  console.log(
    `  expected ${expected?.type ?? "nothing"} ${expected?.track ?? ""}, got ${actual?.type ?? "nothing"} ${actual?.track ?? ""}`,
  );
