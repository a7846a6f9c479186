import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAudioNode, type AudioNode } from "@antiphon/audio-node";
import {
  decodeProbeDetails,
  decodeTrack,
  encodeTrack,
  STREAM_LENGTH_MS,
  type WireLoadResult,
} from "@antiphon/protocol/lavalink";
import { describeWith, startLavaplayer, type Lavaplayer } from "@antiphon/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createChirpWav } from "./chirp.ts";
import { call, PASSWORD } from "./node-client.ts";

// What this node says of audio, beside what the library inside Lavalink says of the same.

const recordings = new URL("../../voice/src/source/__fixtures__/", import.meta.url);
const copied = ["chirp.mp3", "chirp.flac", "chirp.opus", "chirp.ogg", "chirp.webm"];
const FRAME_MS = 20;
/** How much longer its lengths are where they are not the same; nobody else's are. */
const lengthDifferencesMs = new Map([
  // It takes an Opus stream's first 6.5 ms, which players drop, for music.
  ["chirp.opus", [6, 7]],
  // It does not read how long LAME says that a file is, and guesses by the first frame.
  ["chirp.mp3", [1_668]],
  // It counts an MP3 file's first frame as none.
  ["silence.mp3", [-24]],
]);

/** 1.5 s of silence at 128 kbit/s, without tags and without a frame that says how long it is. */
function createMp3(): Buffer {
  const frame = Buffer.alloc(417);
  frame.writeUInt32BE(0xfffb9064, 0);
  return Buffer.concat(Array.from({ length: 58 }, () => frame));
}

/** Serves the folder by whole files and parts, and below `/radio/` without a size and an end. */
async function serveMusic(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const [, radio, name = ""] = /^\/(radio\/)?([\w.-]+)$/.exec(request.url ?? "") ?? [];
    void readFile(join(folder, name)).then((file) => {
      if (radio !== undefined) {
        response.writeHead(200, { "content-type": "audio/mpeg" });
        response.write(file);
        return;
      }
      const range = /^bytes=(\d+)-/.exec(request.headers.range ?? "");
      const start = Number(range?.[1] ?? 0);
      const part = { "content-range": `bytes ${start}-${file.length - 1}/${file.length}` };
      response.writeHead(range === null ? 200 : 206, {
        "accept-ranges": "bytes",
        "content-length": file.length - start,
        ...(range === null ? {} : part),
      });
      response.end(file.subarray(start));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describeWith("lavaplayer", "audio beside lavaplayer", () => {
  let music: string;
  let server: Server;
  let node: AudioNode;
  let lavaplayer: Lavaplayer;
  beforeAll(async () => {
    music = await mkdtemp(join(tmpdir(), "antiphon-lavaplayer-"));
    for (const name of copied) await cp(new URL(name, recordings), join(music, name));
    await writeFile(join(music, "silence.mp3"), createMp3());
    await writeFile(join(music, "tone.wav"), createChirpWav(1_600));
    server = await serveMusic(music);
    node = await startAudioNode({ password: PASSWORD, port: 0, musicDirectory: music, allowUrls: "all" });
    lavaplayer = startLavaplayer();
  });
  afterAll(async () => {
    await lavaplayer.close();
    await node.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(music, { recursive: true });
  });

  const addressOf = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`;
  async function loadHere(identifier: string) {
    const path = `/v4/loadtracks?identifier=${encodeURIComponent(identifier)}`;
    const { body } = await call<WireLoadResult>(node, "GET", path);
    if (body.loadType !== "track") throw new Error(`${identifier}: ${JSON.stringify(body)}`);
    return body.data;
  }

  describe.each([...copied, "silence.mp3", "tone.wav"])("%s", (name) => {
    test.each(["a file", "an address"])("as %s is the same to both", async (kind) => {
      const isFile = kind === "a file";
      const here = await loadHere(isFile ? name : addressOf(name));
      const there = await lavaplayer.load(isFile ? join(music, name) : addressOf(name));
      const [ours, theirs] = [decodeTrack(here.encoded), decodeTrack(there.encoded)];
      expect(ours.sourceName).toBe(theirs.sourceName);
      expect(ours.isStream).toBe(theirs.isStream);
      expect(here.info.isSeekable).toBe(there.isSeekable);
      expect(ours.author).toBe(theirs.author);
      expect(decodeProbeDetails(ours.details)).toBe(decodeProbeDetails(theirs.details));
      // Audio without a title has its file's name here.
      expect(ours.title).toBe(theirs.title === "Unknown title" ? name.replace(/\.\w+$/, "") : theirs.title);
      // How long it says that a file is counts less than how much of it comes out.
      const played = await lavaplayer.play(there.encoded, 200);
      expect(played.reason).toBe("finished");
      // Its MP3 decoder keeps the last frames to itself.
      const missing = name.endsWith(".mp3") ? 4 : 2;
      expect(Math.abs(played.frames * FRAME_MS - here.info.length)).toBeLessThanOrEqual(missing * FRAME_MS);
      expect(Number(theirs.lengthMs) - here.info.length).toBeOneOf(lengthDifferencesMs.get(name) ?? [0]);
    });

    test("as this node encodes it plays there", async () => {
      const { encoded } = await loadHere(addressOf(name));
      const theirs = await lavaplayer.play((await lavaplayer.load(addressOf(name))).encoded, 200);
      expect(await lavaplayer.play(encoded, 200)).toEqual(theirs);
    });
  });

  // In Ogg files and MP3 files as short as these it finds no place.
  test.each(["tone.wav", "chirp.flac", "chirp.webm"])(
    "%s plays there from the position on that it has here",
    async (name) => {
      const here = await loadHere(addressOf(name));
      const encoded = encodeTrack({ ...decodeTrack(here.encoded), positionMs: 600n });
      const played = await lavaplayer.play(encoded, 200);
      expect(played.reason).toBe("finished");
      expect(Math.abs(played.firstMs - 600)).toBeLessThanOrEqual(100);
      expect(Math.abs(played.lastMs - here.info.length)).toBeLessThanOrEqual(2 * FRAME_MS);
    },
  );

  test("audio without a size and an end is a stream to both", async () => {
    const here = await loadHere(addressOf("radio/silence.mp3"));
    const there = await lavaplayer.load(addressOf("radio/silence.mp3"));
    expect(here.info).toMatchObject({ isStream: true, isSeekable: false });
    expect(there).toMatchObject({ isStream: true, isSeekable: false, lengthMs: String(STREAM_LENGTH_MS) });
    expect(decodeTrack(here.encoded).lengthMs).toBe(STREAM_LENGTH_MS);
  });

  test("what is no audio, and what is not there, neither loads", async () => {
    await writeFile(join(music, "notes.txt"), "no audio at all ".repeat(100));
    for (const identifier of ["notes.txt", "nothing.mp3"]) {
      await expect(loadHere(identifier)).rejects.toThrow(identifier);
      await expect(lavaplayer.load(join(music, identifier))).rejects.toThrow();
    }
  });
});
