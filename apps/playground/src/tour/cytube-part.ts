import { waitFor } from "@antiphon/std";
import { io, type Socket } from "socket.io-client";
import { CYTUBE_GUEST, type PlaygroundWorld } from "../world.ts";
import { expect, type CheckList } from "./report.ts";
import type { AnswerTo } from "./final-answer.ts";

const PATIENCE_MS = 60_000;
/** A line that is chat on one side and would be markup, a mention or a command on the other. */
const HOSTILE_LINE = "<b>hi</b> @everyone **all**";

/** What the CyTube part of the evening needs. */
export interface CytubePartOptions {
  readonly playground: PlaygroundWorld;
  readonly checks: CheckList;
  /** Uses a command and gives the bot's final answer. */
  readonly answer: AnswerTo;
}

/** A person at CyTube's page. */
async function visitLounge(url: string): Promise<Socket> {
  const socket = io(url, { transports: ["websocket"], reconnection: false, forceNew: true });
  const loggedIn = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("CyTube let nobody in")), PATIENCE_MS);
    socket.once("login", ({ success }: { readonly success: boolean }) => {
      clearTimeout(timer);
      if (success) resolve();
      else reject(new Error("CyTube knows no such account"));
    });
  });
  socket.emit("joinChannel", { name: "lounge" });
  socket.emit("login", { name: CYTUBE_GUEST.name, pw: CYTUBE_GUEST.password });
  await loggedIn;
  return socket;
}

/** Links a text channel with a CyTube channel and checks that each hears the other. */
export async function runCytubePart({ playground, checks, answer }: CytubePartOptions): Promise<void> {
  const { discord, cytube, textChannelId, me } = playground;
  const { world } = discord;
  const { check } = checks;
  const appears = (text: string) =>
    waitFor(world, "messageCreate", {
      filter: ({ message }) => message.channel_id === textChannelId && message.content.includes(text),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  let guest: Socket | undefined;
  try {
    await check("/cytube link mirrors a CyTube channel here", async () => {
      const { content } = await answer("cytube link", { channel: "lounge" });
      expect(content.includes("mirror each other"), `the bot said: ${content}`);
      return cytube.domain;
    });

    await check("what is said on CyTube is read in Discord, harmless", async () => {
      guest = await visitLounge(cytube.url);
      const heard = appears("casey");
      guest.emit("chatMsg", { msg: HOSTILE_LINE, meta: {} });
      const { message } = await heard;
      expect(!message.mention_everyone, "it mentions everyone");
      expect(!message.content.includes("**all**"), `its markup works: ${message.content}`);
      return message.content;
    });

    await check("what plays there is told here", async () => {
      const told = appears("Tidewater (live)");
      guest?.emit("queue", { type: "yt", id: "tidewater", pos: "end", temp: true });
      return (await told).message.content;
    });

    await check("what is said in Discord is read on CyTube", async () => {
      const heard = new Promise<string>((resolve) => {
        guest?.on("chatMsg", ({ username, msg }: { readonly username: string; readonly msg: string }) => {
          if (username === "Antiphon") resolve(msg);
        });
      });
      world.sendMessage({ channelId: textChannelId, authorId: me.id, content: "/clear the <floor> please" });
      const late = new Promise<never>((_, reject) => {
        AbortSignal.timeout(PATIENCE_MS).addEventListener("abort", () => reject(new Error("nothing came")));
      });
      const line = await Promise.race([heard, late]);
      expect(line === "You: /clear the &lt;floor&gt; please", `CyTube showed: ${line}`);
      return line;
    });

    await check("/cytube unlink ends it, and the bot leaves CyTube", async () => {
      const { content } = await answer("cytube unlink");
      expect(content.includes("no longer"), `the bot said: ${content}`);
      const names = cytube.channel("lounge").users.map(({ name }) => name);
      expect(!names.includes("Antiphon"), `still there: ${names.join(", ")}`);
      return content;
    });
  } finally {
    guest?.close();
  }
}
