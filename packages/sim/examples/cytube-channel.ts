// A CyTube channel of one's own: a moderator queues a clip with a plain socket.io client, a guest watches, and the clip plays by a clock.
// Here: `npx node --conditions=@antiphon/source packages/sim/examples/cytube-channel.ts`; in a project of your own: `node cytube-channel.ts`.
import { startCytubeSimulator } from "@antiphon/sim/cytube";
import { createManualClock } from "@antiphon/std";
import { io, type Socket } from "socket.io-client";

const clock = createManualClock();
await using site = await startCytubeSimulator({
  clock,
  accounts: [{ name: "mod", password: "secret", channelRanks: { lounge: 3 } }],
  media: [{ type: "yt", id: "dawn", title: "Dawn over the harbour", seconds: 90 }],
});

/** The next frame of a name; CyTube answers with frames, not with acknowledgements. */
const next = <Payload>(socket: Socket, name: string) =>
  new Promise<Payload>((resolve) => void socket.once(name, (payload: Payload) => resolve(payload)));

/** Comes in as everybody does: asks where the socket server is, joins the channel, then says who they are. */
async function enter(name: string, password?: string): Promise<Socket> {
  const answer = await fetch(`${site.url}/socketconfig/lounge.json`);
  const { servers } = (await answer.json()) as { servers: readonly { readonly url: string }[] };
  const socket = io(servers[0]?.url ?? site.url, { transports: ["websocket"], reconnection: false, forceNew: true });
  const joined = next(socket, "userlist");
  socket.emit("joinChannel", { name: "lounge" });
  await joined;
  const login = next<{ readonly success: boolean }>(socket, "login");
  socket.emit("login", password === undefined ? { name } : { name, pw: password });
  console.log(`${name} is in: ${(await login).success}`);
  return socket;
}

const mod = await enter("mod", "secret");
const guest = await enter("guest");

const chat = next<{ readonly username: string; readonly msg: string }>(guest, "chatMsg");
mod.emit("chatMsg", { msg: "tonight: <the sea>" });
const { username, msg } = await chat;
console.log(`${username} says ${msg}`); // escaped by the site, as the real one does

const playing = next<{ readonly title: string; readonly seconds: number }>(guest, "changeMedia");
mod.emit("queue", { type: "yt", id: "dawn", pos: "end", temp: true });
const media = await playing;
console.log(`now ${media.title}, ${media.seconds} s`);

// CyTube tells the place in the clip every few seconds. It starts below zero, so that slow browsers can load the clip.
const places: number[] = [];
const told = new Promise<void>((resolve) => {
  guest.on("mediaUpdate", ({ currentTime }: { readonly currentTime: number }) => {
    places.push(Math.round(currentTime));
    if (currentTime > 20) resolve();
  });
});
await clock.advance(30_000);
await told;
console.log(`half a minute later the guest has been told these places: ${places.join(", ")}`);

const people = site.channel("lounge").users.map((user) => user.name);
console.log(`in the lounge: ${people.join(", ")}`);
mod.close();
guest.close();
