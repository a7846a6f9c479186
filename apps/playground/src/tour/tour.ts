import type { InvocationResult } from "@antiphon/sim/discord";
import { createBotRemote, type BotEvent } from "@antiphon/bridge";
import { waitFor } from "@antiphon/std";
import type { APIMessage } from "discord-api-types/v10";
import type { DemoTrack } from "../demo-music/demo-music.ts";
import { createListener } from "../listener.ts";
import type { PlaygroundWorld } from "../world.ts";
import { runCytubePart } from "./cytube-part.ts";
import { createRecording, loudness } from "./correlation.ts";
import { matchPassage, sameSound, type HeardPassage } from "./heard-passage.ts";
import { finalAnswer, type AnswerTo, type CommandOptions } from "./final-answer.ts";
import { createEar, HEARD_SAMPLE_RATE_HZ } from "./ear.ts";
import { readWav } from "./read-wav.ts";
import { expect, type CheckList } from "./report.ts";
import { runTastePart } from "./taste-part.ts";

/** Below it, it is another. */
const OTHER_SOUND = 0.5;
const PATIENCE_MS = 60_000;

/** What a guided evening needs. */
export interface TourOptions {
  readonly playground: PlaygroundWorld;
  readonly tracks: readonly DemoTrack[];
  readonly checks: CheckList;
  /** Ends every wait. */
  readonly signal?: AbortSignal | undefined;
}

/** Plays a scripted evening and checks what a person would have seen and heard. */
export async function runTour({ playground, tracks, checks, signal }: TourOptions): Promise<void> {
  const { discord, voice, bot, guildId, textChannelId, voiceChannelId, application, me } = playground;
  const { world } = discord;
  const { check } = checks;
  await using listener = createListener({
    guildId,
    signaling: world.signalingFor(me.id),
    certificate: voice.certificatePem,
  });
  using ear = createEar(listener, application.botUserId);
  const events: BotEvent[] = [];
  await using _events = await createBotRemote({ bus: bot.bus, app: "bot" }).onEvent(
    "*",
    (event) => void events.push(event),
  );
  const packets = { all: 0, encrypted: 0 };
  using _packets = voice.on("packet", ({ userId, payloadBytes, endToEndEncrypted }) => {
    // Silence frames of three bytes stay unencrypted by the protocol.
    if (userId !== application.botUserId || payloadBytes === 3) return;
    packets.all++;
    if (endToEndEncrypted) packets.encrypted++;
  });

  const [first, second, third] = tracks;
  expect(first !== undefined && second !== undefined && third !== undefined, "the tour needs three tracks");
  const recordings = new Map(
    await Promise.all(
      [first, second].map(async (track) => [track.title, createRecording(await readWav(track.path))] as const),
    ),
  );
  const match = async (samples: Float32Array, title: string, fromMs: number, toMs: number): Promise<HeardPassage> => {
    const recording = recordings.get(title);
    expect(recording !== undefined, `there is no recording of ${title}`);
    return matchPassage({ samples, sampleRateHz: HEARD_SAMPLE_RATE_HZ }, recording, { fromMs, toMs });
  };
  const say = async (name: string, options: CommandOptions = {}): Promise<InvocationResult> => {
    const place = { guildId, channelId: textChannelId, userId: me.id, applicationId: application.applicationId };
    const result = await world.invokeCommand({ ...place, name, options });
    expect(result.outcome !== "unanswered", `/${name} was not answered within 3 s`);
    return result;
  };
  const answer: AnswerTo = async (name, options = {}) => {
    const place = { channelId: textChannelId, botUserId: application.botUserId };
    return finalAnswer(world, await say(name, options), place);
  };
  const patience = () => AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), ...(signal === undefined ? [] : [signal])]);

  await check("a person without a voice channel is told what to do", async () => {
    const message = await answer("play", { query: first.title });
    expect(message.content.includes("Join a voice channel"), `the bot said: ${textOf(message)}`);
    return message.content;
  });

  await check("the listener joins the encrypted voice channel", async () => {
    await listener.join(voiceChannelId);
    return `${voice.rooms.length} room`;
  });

  await check("/play completes titles while one types", async () => {
    const place = { guildId, channelId: textChannelId, userId: me.id, applicationId: application.applicationId };
    const choices = await world.autocomplete({
      ...place,
      name: "play",
      options: { query: first.title.slice(0, 4) },
      focused: "query",
    });
    expect(
      choices.some(({ name }) => name.includes(first.title)),
      `suggested: ${choices.map(({ name }) => name).join(", ") || "nothing"}`,
    );
    return `${choices.length} suggested`;
  });

  let positionMs = 0;
  await check("/play is answered with the track", async () => {
    const startMs = performance.now();
    const message = await answer("play", { query: first.title });
    expect(textOf(message).includes(first.title), `the bot said: ${textOf(message)}`);
    return `${Math.round(performance.now() - startMs)} ms`;
  });

  await check("what is heard is the file, from its beginning", async () => {
    const samples = await ear.hear(3_000, patience());
    const found = await match(samples.subarray(HEARD_SAMPLE_RATE_HZ / 2), first.title, 0, 4_000);
    positionMs = found.positionMs + 2_500;
    return sameSound(found);
  });

  await check("the call is encrypted end to end", () => {
    const stats = listener.connection?.getStats();
    expect(stats !== undefined && stats.daveProtocolVersion > 0, "the call is not end-to-end encrypted");
    expect(
      packets.all > 0 && packets.encrypted === packets.all,
      `${packets.encrypted} of ${packets.all} packets were encrypted`,
    );
    const code = stats.privacyCode ?? "";
    return `${packets.all} packets, ${stats.cipher}, privacy code ${code.slice(0, 11)}…`;
  });

  await check("two more tracks queue up, and /queue lists them", async () => {
    for (const track of [second, third]) await answer("play", { query: track.title });
    const text = textOf(await answer("queue"));
    for (const track of [first, second, third])
      expect(text.includes(track.title), `${track.title} is missing in: ${text}`);
    return "3 tracks";
  });

  await check("the pause button silences the channel", async () => {
    const message = await answer("nowplaying");
    const pressed = await world.pressButton({
      channelId: textChannelId,
      messageId: message.id,
      customId: "music:pause",
      userId: me.id,
    });
    expect(pressed.outcome !== "unanswered", "the button was not answered");
    // What was on its way may still arrive, and the decoder's tail, on a busy machine late; then nothing may sound.
    let rest = 1;
    for (const limit = patience(); rest >= 0.001 && !limit.aborted;) {
      const from = ear.samples;
      await delay(800);
      rest = loudness(ear.since(from));
    }
    expect(rest < 0.001, `still sounds at ${rest.toFixed(4)}`);
    return `loudness ${rest.toFixed(5)}`;
  });

  await check("/resume goes on where it stopped", async () => {
    const player = bot.lavalink.players.get(guildId);
    const pausedAtMs = player?.positionMs ?? 0;
    await answer("resume");
    const samples = await ear.hear(2_000, patience());
    const found = await match(
      samples.subarray(HEARD_SAMPLE_RATE_HZ / 2),
      first.title,
      Math.max(0, positionMs - 500),
      pausedAtMs + 3_000,
    );
    return sameSound(found);
  });

  await check("/skip plays the next track, and not the old one", async () => {
    await answer("skip");
    await delay(300);
    const samples = (await ear.hear(2_500, patience())).subarray(HEARD_SAMPLE_RATE_HZ / 2);
    const found = await match(samples, second.title, 0, 4_500);
    const other = await match(samples, first.title, 0, 10_000);
    expect(other.correlation < OTHER_SOUND, `the old track is heard at ${other.correlation.toFixed(3)}`);
    return `${sameSound(found)}; old track ${other.correlation.toFixed(3)}`;
  });

  await check("the gateway is cut: it resumes, and the music goes on", async () => {
    const resumed = waitFor(world, "sessionResume", { signal: patience() });
    const startMs = performance.now();
    expect(world.dropConnections({ applicationId: application.applicationId }) > 0, "there was no connection to cut");
    const samples = ear.hear(2_000, patience());
    await resumed;
    const resumedMs = Math.round(performance.now() - startMs);
    const found = await match((await samples).subarray(HEARD_SAMPLE_RATE_HZ / 4), second.title, 1_000, 15_000);
    return `resumed after ${resumedMs} ms; ${sameSound(found)}`;
  });

  await check("after the cut commands are answered as before", async () => {
    const message = await answer("ping");
    expect(message.content.startsWith("Pong"), `the bot said: ${textOf(message)}`);
    return message.content;
  });

  await check("/recommend names tracks, and says why", async () => {
    const message = await answer("recommend");
    const lines = (message.embeds[0]?.description ?? "").split("\n");
    const reasons = lines.filter((line) => line.startsWith("-# "));
    expect(reasons.length > 0, `the bot said: ${textOf(message)}`);
    return `${reasons.length} picks, first: ${reasons[0]?.slice(3)}`;
  });

  await runTastePart({ playground, tracks, checks, answer });
  await runCytubePart({ playground, checks, answer });

  await check("a track that is not there gets one clear line", async () => {
    const message = await answer("play", { query: "zzz no such thing qqq" });
    expect(
      message.content.includes("Nothing found") && !message.content.includes("\n"),
      `the bot said: ${textOf(message)}`,
    );
    return message.content.slice(0, 60);
  });

  await check("/stop silences the bot, and it leaves", async () => {
    const left = waitFor(world, "voiceStateUpdate", {
      filter: (event) => event.userId === application.botUserId && event.channelId === null,
      signal: patience(),
    });
    await Promise.all([answer("stop"), left]);
    expect(
      world.voiceStates(guildId).every(({ user_id: userId }) => userId !== application.botUserId),
      "the bot is still there",
    );
    return "left the channel";
  });

  await check("the evening is remembered, and was told on the bus", async () => {
    const picks = await bot.recommender.recommend({ communityId: guildId, limit: 10 });
    const starts = events.filter(({ name }) => name === "trackStart").length;
    expect(starts >= 2, `the bus told of ${starts} tracks`);
    expect(picks.length > 0, "nothing was remembered");
    return `${starts} tracks on the bus, ${events.length} events`;
  });
}

/** Everything a message says. */
function textOf(message: APIMessage): string {
  return [
    message.content,
    ...message.embeds.flatMap(({ title, description, author, footer }) => [
      author?.name,
      title,
      description,
      footer?.text,
    ]),
  ]
    .filter((text) => text !== undefined && text !== "")
    .join(" | ");
}

const delay = (delayMs: number) => new Promise<void>((resolve) => void setTimeout(resolve, delayMs));
