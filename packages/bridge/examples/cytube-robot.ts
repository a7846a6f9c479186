// A CyTube channel on a message bus: a robot sits in the channel and a kryten client, which could be another program on another machine,
// sees what people say and queues a clip. Bus and site are local; the real ones differ in their addresses only.
// Here: `npx node --conditions=@antiphon/source packages/bridge/examples/cytube-robot.ts`; in a project of your own:
// `node cytube-robot.ts`.
import { createMemoryBus } from "@antiphon/bridge";
import { createKrytenClient } from "@antiphon/bridge/kryten";
import { openRobot } from "@antiphon/bridge/robot";
import { startCytubeSimulator } from "@antiphon/sim/cytube";
import { describeError } from "@antiphon/std";
import { io } from "socket.io-client";

await using site = await startCytubeSimulator({
  accounts: [{ name: "robot", password: "secret", channelRanks: { lounge: 3 } }],
  media: [{ type: "yt", id: "dawn", title: "Dawn over the harbour", seconds: 90 }],
});
const { domain, url: siteUrl } = site;

// The program that listens and acts. It knows the bus and nothing of CyTube's sockets.
// Without `bus` it connects to the servers of its configuration; robot and client then run where you like.
await using bus = createMemoryBus();
const config = { nats: { servers: ["nats://127.0.0.1:4222"] }, channels: [{ domain, channel: "lounge" }] };
await using client = createKrytenClient({ config, bus });
type Payload = Readonly<Record<string, unknown>>;
/** The payload of the next event of this name that passes. */
const seen = (name: "chatmsg" | "changemedia", filter: (payload: Payload) => boolean = () => true) =>
  new Promise<Payload>((resolve) => {
    client.on(name, { channel: "lounge" }, ({ payload }) => {
      if (filter(payload)) resolve(payload);
    });
  });
const said = seen("chatmsg", ({ username }) => username === "ada"); // the site itself speaks as "[server]"
const plays = seen("changemedia");
await client.connect();

// The robot. It may start before the client or after it; over NATS it takes a server with JetStream (`nats-server -js`).
await using _robot = await openRobot({
  bus,
  domain,
  siteUrl,
  channel: "lounge",
  username: "robot",
  password: "secret",
});

// Somebody at a browser.
const guest = io(siteUrl, { transports: ["websocket"], reconnection: false, forceNew: true });
const joined = new Promise<void>((resolve) => void guest.once("login", () => resolve()));
guest.on("userlist", () => guest.emit("login", { name: "ada" }));
guest.emit("joinChannel", { name: "lounge" });
await joined;
guest.emit("chatMsg", { msg: "play something" });
const { username, msg } = await said;
console.log(`${String(username)} said: ${String(msg)}`);

// A command resolves when the channel has shown its effect, and not when somebody has taken note of it.
await client.commands.addMedia("lounge", "yt", "dawn");
console.log(`now playing: ${String((await plays)["title"])}`);
console.log(await client.safe.setMotd("lounge", "<b>Tonight: the sea</b>"));
await client.commands
  .addMedia("lounge", "yt", "no-such-clip")
  .catch((error: unknown) => console.log(describeError(error)));

guest.close();
