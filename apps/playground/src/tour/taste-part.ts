import { waitFor } from "@antiphon/std";
import type { APIMessage } from "discord-api-types/v10";
import type { DemoTrack } from "../demo-music/demo-music.ts";
import type { PlaygroundWorld } from "../world.ts";
import type { AnswerTo } from "./final-answer.ts";
import { expect, type CheckList } from "./report.ts";

const PATIENCE_MS = 60_000;
const PNG_SIGNATURE = "89504e470d0a1a0a";

/** What the part about taste needs. */
export interface TastePartOptions {
  readonly playground: PlaygroundWorld;
  readonly tracks: readonly DemoTrack[];
  readonly checks: CheckList;
  /** Uses a command and gives the bot's final answer. */
  readonly answer: AnswerTo;
}

/** A listening history as Last.fm's exports have it: every demo track on each of some evenings. */
function historyCsv(tracks: readonly DemoTrack[]): Uint8Array {
  const rows = Array.from({ length: 20 }, (_, evening) =>
    tracks.map(({ title, artist }, index) => {
      const at = new Date(Date.UTC(2026, 0, 1 + evening, 20, index * 4)).toISOString().slice(0, 16).replace("T", " ");
      return `"${artist}","","${title}","${at}"`;
    }),
  ).flat();
  return new TextEncoder().encode(
    ["artist,album,track,date", ...rows, '"=1+1","","@everyone","not a date"'].join("\n"),
  );
}

async function pngOf(message: APIMessage, name: string): Promise<number> {
  const file = message.attachments.find(({ filename }) => filename === name);
  expect(file !== undefined, `there is no ${name}: ${message.content}`);
  const bytes = Buffer.from(await (await fetch(file.url)).arrayBuffer());
  expect(bytes.subarray(0, 8).toString("hex") === PNG_SIGNATURE, `${name} is no PNG`);
  return bytes.length;
}

/** Brings a history, looks at what the bot makes of it, and lets it go on by itself. */
export async function runTastePart({ playground, tracks, checks, answer }: TastePartOptions): Promise<void> {
  const { bot, guildId } = playground;
  const { check } = checks;
  /** On a slow machine the bot says how far it is before it reports. */
  const importReport = async (message: APIMessage): Promise<APIMessage> => {
    if (!message.content.includes("rows so far")) return message;
    const reported = await waitFor(playground.discord.world, "messageUpdate", {
      filter: (event) => event.message.id === message.id && !event.message.content.includes("rows so far"),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return reported.message;
  };

  await check("/import takes in a history from elsewhere, once", async () => {
    const file = { name: "history.csv", contentType: "text/csv", data: historyCsv(tracks) };
    const first = await importReport(await answer("import", { file }));
    expect(first.content.includes(`${tracks.length * 20} listens are new`), `the bot said: ${first.content}`);
    const again = await importReport(await answer("import", { file }));
    expect(again.content.includes("0 listens are new"), `the second time it said: ${again.content}`);
    return first.content.split("\n")[0] ?? "";
  });

  await check("/stats shows it in figures and charts", async () => {
    const message = await answer("stats");
    const listens = Number(/imported: \*\*(\d+)\*\* listens/u.exec(message.content)?.[1]);
    expect(listens >= tracks.length * 20, `the bot said: ${message.content}`);
    const sizes = [await pngOf(message, "top-artists.png"), await pngOf(message, "hours.png")];
    return `${listens} listens, charts of ${sizes.map((bytes) => `${Math.round(bytes / 1_024)} KiB`).join(" and ")}`;
  });

  await check("/playlist makes one with reasons, and a file of it", async () => {
    const message = await answer("playlist", { type: "prompt", prompt: `artist:(${tracks[0]?.artist ?? ""})` });
    const lines = (message.embeds[0]?.description ?? "").split("\n").filter((line) => line.startsWith("-# "));
    expect(lines.length > 0, `the bot said: ${message.content}`);
    const file = message.attachments.find(({ filename }) => filename === "playlist.m3u8");
    const text = file === undefined ? "" : await (await fetch(file.url)).text();
    expect(text.startsWith("#EXTM3U"), "there is no playlist file");
    return `${lines.length} tracks, first: ${lines[0]?.slice(3)}`;
  });

  await check("with /autoplay on, an empty queue goes on by itself", async () => {
    await answer("autoplay", { on: true });
    const player = bot.lavalink.players.get(guildId);
    expect(player !== undefined, "nothing plays");
    while (player.queue.length > 0) await answer("skip");
    const last = player.current;
    const next = waitFor(bot.lavalink, "trackStart", { signal: AbortSignal.timeout(PATIENCE_MS) });
    await answer("skip");
    const { track } = await next;
    expect(track.info.title !== last?.info.title, "it plays the same again");
    await answer("autoplay", { on: false });
    return `${track.info.title} by ${track.info.author}`;
  });
}
