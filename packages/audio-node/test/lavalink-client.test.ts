import { createLavalink } from "@antiphon/lavalink";
import { isOpusSilence } from "@antiphon/protocol/voice";
import { waitFor } from "@antiphon/std";
import { createOpusDecoder } from "@antiphon/voice/source";
import { expect, test } from "vitest";
import { chirpSamples, correlate, leftOf } from "./chirp.ts";
import { openConcert, PATIENCE_MS } from "./concert.ts";
import { PASSWORD } from "./node-client.ts";

test("our own client joins, plays what it found, skips, seeks, and leaves", async () => {
  const { node, guildId, channelId, signaling, hear } = await openConcert("chirp", chirpSamples(1600));
  const nodes = [{ host: "127.0.0.1", port: node.port, password: PASSWORD }];
  await using lavalink = createLavalink({
    nodes,
    signaling,
    requestTimeoutMs: PATIENCE_MS,
    voiceTimeoutMs: PATIENCE_MS,
  });
  await lavalink.connect();

  const found = await lavalink.search("chirp");
  if (found.type !== "search") throw new Error(`found ${found.type}`);
  const player = await lavalink.join({ guildId, channelId });
  const [track] = found.tracks;
  const heard: Uint8Array[] = [];
  const decoder = createOpusDecoder();
  const listen = async () => {
    for await (const { opus } of hear()) {
      // Where a held up machine makes the sender wait, it fills the gap with silence, which is no part of the music.
      if (!isOpusSilence(opus)) heard.push(decoder.decode(opus));
    }
  };
  void listen();

  const whole = waitFor(lavalink, "trackEnd");
  await player.play(track);
  expect(await whole).toMatchObject({ reason: "finished" });
  await expect.poll(() => heard.length).toBeGreaterThanOrEqual(78);
  expect(correlate(chirpSamples(1600), leftOf(Buffer.concat(heard)), 4800).ratio).toBeGreaterThan(0.97);

  const replayed = waitFor(lavalink, "trackEnd");
  await player.play(track);
  await player.pause();
  await player.seek(1200);
  expect(player.positionMs).toBe(1200);
  await player.resume();
  expect(await replayed).toMatchObject({ reason: "finished" });

  const skipped = waitFor(lavalink, "trackEnd");
  await player.play(track);
  await player.skip();
  expect(await skipped).toMatchObject({ reason: "stopped" });
});
