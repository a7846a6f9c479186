import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAudioNode, type AudioNode } from "@antiphon/audio-node";
import {
  decodeTrack,
  encodeTrack,
  errorBodySchema,
  loadResultSchema,
  nodeInfoSchema,
  statsSchema,
  type WireLoadResult,
} from "@antiphon/protocol/lavalink";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createChirpWav } from "./chirp.ts";
import { BOT_ID, call, openNodeSocket, PASSWORD, refusedUpgrade, type NodeSocket } from "./node-client.ts";

let folder: string;
let music: string;
let node: AudioNode;
let web: Server;
let webUrl: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "antiphon-node-"));
  music = join(folder, "music");
  await mkdir(join(music, "Ärzte"), { recursive: true });
  await writeFile(join(music, "chirp.wav"), createChirpWav(500));
  await writeFile(join(music, "Ärzte", "Westerland live.wav"), createChirpWav(300));
  await writeFile(join(music, "broken.mp3"), "<html>no music</html>");
  await writeFile(join(music, "empty.flac"), "");
  await writeFile(join(folder, "secret.wav"), createChirpWav(100));
  await symlink(join(folder, "secret.wav"), join(music, "link.wav"));
  await symlink(folder, join(music, "up"));
  web = createServer((_request, response) => void response.end(createChirpWav(200)));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
afterAll(async () => {
  web.closeAllConnections();
  await new Promise((resolve) => web.close(resolve));
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  node = await startAudioNode({ password: PASSWORD, port: 0, musicDirectory: music });
});
afterEach(() => node.close());

const load = async (identifier: string, from = node): Promise<WireLoadResult> => {
  const { status, body } = await call(from, "GET", `/v4/loadtracks?identifier=${encodeURIComponent(identifier)}`);
  expect(status).toBe(200);
  return loadResultSchema.parse(body);
};

async function expectError(
  method: string,
  path: string,
  body: unknown,
  status: number,
  message: RegExp,
): Promise<void> {
  const answer = await call(node, method, path, body);
  expect(answer.status).toBe(status);
  const error = errorBodySchema.parse(answer.body);
  expect(error).toMatchObject({ status, path: path.replace(/\?.*/, "") });
  expect(error.message).toMatch(message);
  expect(error).not.toHaveProperty("trace");
}

describe("the door", () => {
  test("needs the password, over HTTP and WebSocket", async () => {
    for (const headers of [{}, { authorization: "wrong" }, { authorization: `${PASSWORD}x` }]) {
      expect((await call(node, "GET", "/v4/info", undefined, headers)).status).toBe(401);
      expect(await refusedUpgrade(node, "/v4/websocket", { "user-id": BOT_ID, ...headers })).toMatchObject({
        status: 401,
      });
    }
  });

  test.each([undefined, "", "0", "bot"])("a WebSocket needs a bot's id, not %s", async (userId) => {
    const headers = { authorization: PASSWORD, ...(userId === undefined ? {} : { "user-id": userId }) };
    expect(await refusedUpgrade(node, "/v4/websocket", headers)).toMatchObject({
      status: 400,
      body: { status: 400, error: "Bad Request" },
    });
    expect(await refusedUpgrade(node, "/v3/websocket", headers)).toMatchObject({ status: 404 });
  });

  test("has room for a number of sessions", async () => {
    await using small = await startAudioNode({
      password: PASSWORD,
      port: 0,
      maximumSessions: 1,
      maximumPlayersPerSession: 1,
    });
    const socket = await openNodeSocket(small);
    expect(await refusedUpgrade(small, "/v4/websocket", { authorization: PASSWORD, "user-id": BOT_ID })).toMatchObject({
      status: 503,
    });
    expect((await socket.patch("1", { volume: 50 })).status).toBe(200);
    expect((await socket.patch("2", { volume: 50 })).status).toBe(429);
    await socket.close();
  });

  test("says which API it speaks", async () => {
    expect((await call(node, "GET", "/v4/nowhere")).headers.get("lavalink-api-version")).toBe("4");
    const version = await call<string>(node, "GET", "/version");
    expect(version.body).toMatch(/^4\./);
  });
});

test("what the node is", async () => {
  const info = nodeInfoSchema.parse((await call(node, "GET", "/v4/info")).body);
  expect(info).toMatchObject({
    version: { major: 4 },
    sourceManagers: ["local", "http"],
    filters: [
      "volume",
      "equalizer",
      "karaoke",
      "timescale",
      "tremolo",
      "vibrato",
      "distortion",
      "rotation",
      "channelMix",
      "lowPass",
    ],
    plugins: [],
  });
  const stats = statsSchema.parse((await call(node, "GET", "/v4/stats")).body);
  expect(stats).toMatchObject({ players: 0, playingPlayers: 0, frameStats: null });
  expect((await call(node, "GET", "/v4/routeplanner/status")).status).toBe(204);
});

describe("loadtracks", () => {
  test("finds a file by its name, its path and its address", async () => {
    for (const identifier of [
      "chirp.wav",
      "./chirp.wav",
      join(music, "chirp.wav"),
      `file://${join(music, "chirp.wav")}`,
    ]) {
      expect(await load(identifier)).toMatchObject({
        loadType: "track",
        data: {
          info: {
            title: "chirp",
            length: 500,
            sourceName: "local",
            identifier: "chirp.wav",
            isSeekable: true,
            isStream: false,
          },
        },
      });
    }
  });

  test.each(["search:westerland", "ytsearch:arzte westerland", "scsearch:live", "westerland"])(
    "searches its folder for %s",
    async (identifier) => {
      expect(await load(identifier)).toMatchObject({
        loadType: "search",
        data: [{ info: { identifier: "Ärzte/Westerland live.wav" } }],
      });
    },
  );

  test("finds nothing where there is nothing", async () => {
    expect(await load("search:no such song")).toEqual({ loadType: "empty", data: null });
    expect(await load("nowhere.mp3")).toEqual({ loadType: "empty", data: null });
  });

  test.each([
    "../secret.wav",
    "/etc/passwd",
    "link.wav",
    "up/secret.wav",
    "Ärzte/../../secret.wav",
    "file:///etc/passwd",
    "../nothing.wav",
  ])("does not leave its folder for %s", async (identifier) => {
    const result = await load(identifier);
    expect(result).toMatchObject({ loadType: "error", data: { severity: "common" } });
    expect(JSON.stringify(result)).toContain("outside the music directory");
  });

  test("makes playlists of folders, and of M3U, PLS and XSPF files, without what cannot be played", async () => {
    const chirp = { info: { identifier: "chirp.wav" } };
    const live = { info: { identifier: "Ärzte/Westerland live.wav" } };
    const playlist = (name: string, tracks: unknown[], skippedTracks = 0) => ({
      loadType: "playlist",
      data: { info: { name, selectedTrack: -1 }, pluginInfo: { skippedTracks }, tracks },
    });
    expect(await load("Ärzte")).toMatchObject(playlist("Ärzte", [live]));
    const m3u = "#EXTM3U\n#PLAYLIST:Mixed\nWesterland live.wav\n..\\chirp.wav\n../../secret.wav\nno.mp3\nmixed.m3u\n";
    await writeFile(join(music, "Ärzte/mixed.m3u"), m3u);
    expect(await load("Ärzte/mixed.m3u")).toMatchObject(playlist("Mixed", [live, chirp], 3));
    await writeFile(join(music, "two.pls"), `[playlist]\nFile2=chirp.wav\nFile1=${join(music, "chirp.wav")}\n`);
    expect(await load("two.pls")).toMatchObject(playlist("two", [chirp, chirp]));
    const xspf = `<playlist><trackList><track><location>%C3%84rzte/Westerland%20live.wav</location></track>
      <track><location>${webUrl}/some%20song.wav</location></track><track><location>file:///etc/passwd</location></track></trackList></playlist>`;
    await writeFile(join(music, "web.xspf"), xspf);
    expect(await load("web.xspf")).toMatchObject(playlist("web", [live], 2));
    const options = { password: PASSWORD, port: 0, musicDirectory: music, allowUrls: "all" } as const;
    await using open = await startAudioNode(options);
    const remote = { info: { sourceName: "http", identifier: `${webUrl}/some%20song.wav` } };
    expect(await load("web.xspf", open)).toMatchObject(playlist("web", [live, remote], 1));
    await writeFile(join(music, "pieces.m3u8"), "#EXTM3U\n#EXT-X-VERSION:3\npiece.ts\n");
    expect(JSON.stringify(await load("pieces.m3u8"))).toContain("pieces of an HLS stream");
    await writeFile(join(music, "huge.m3u"), "x\n".repeat(200_000));
    expect(JSON.stringify(await load("huge.m3u"))).toContain("SOURCE_TOO_LARGE");
  });

  test("says what is wrong with a file", async () => {
    expect(await load("broken.mp3")).toMatchObject({
      loadType: "error",
      data: { severity: "common", message: expect.stringContaining("a web page") },
    });
    expect(JSON.stringify(await load("broken.mp3"))).toContain("a web page instead of audio");
    expect(JSON.stringify(await load("empty.flac"))).toContain("is empty");
    await expectError("GET", "/v4/loadtracks", undefined, 400, /identifier/);
  });

  test("fetches public addresses only, unless it is told otherwise", async () => {
    const { port } = web.address() as AddressInfo;
    for (const address of [
      webUrl,
      `http://localhost:${port}`,
      `http://[::1]:${port}`,
      `http://[::ffff:127.0.0.1]:${port}`,
    ]) {
      expect(await load(address)).toMatchObject({
        loadType: "error",
        data: { cause: expect.stringContaining("SOURCE_ADDRESS_REFUSED") },
      });
    }
    await using open = await startAudioNode({ password: PASSWORD, port: 0, allowUrls: "all" });
    expect(await load(`${webUrl}/some%20song.wav`, open)).toMatchObject({
      loadType: "track",
      data: { info: { sourceName: "http", title: "some song", length: 200 } },
    });
    await using closed = await startAudioNode({ password: PASSWORD, port: 0, allowUrls: "none" });
    expect(await load(webUrl, closed)).toMatchObject({ loadType: "error" });
  });
});

describe("tracks", () => {
  test("are decoded one by one and together", async () => {
    const result = await load("chirp.wav");
    if (result.loadType !== "track") throw new Error("no track");
    const { encoded, info } = result.data;
    for (const name of ["encodedTrack", "track"]) {
      const answer = await call(node, "GET", `/v4/decodetrack?${name}=${encodeURIComponent(encoded)}`);
      expect(answer.body).toMatchObject({ encoded, info, pluginInfo: {}, userData: {} });
    }
    expect((await call(node, "POST", "/v4/decodetracks", [encoded, encoded])).body).toMatchObject([{ info }, { info }]);
  });

  test("that are none are refused", async () => {
    await expectError("GET", "/v4/decodetrack?encodedTrack=nonsense", undefined, 400, /decodeTrack/);
    await expectError("POST", "/v4/decodetracks", [], 400, /No tracks/);
    await expectError("POST", "/v4/decodetracks", "{", 400, /JSON/);
    await expectError("POST", "/v4/decodetracks", `["${"x".repeat(1024 * 1024)}"]`, 413, /larger/);
  });
});

describe("players", () => {
  let socket: NodeSocket;
  let encoded: string;
  const players = () => `/v4/sessions/${socket.sessionId}/players`;
  beforeEach(async () => {
    socket = await openNodeSocket(node);
    const result = await load("chirp.wav");
    if (result.loadType !== "track") throw new Error("no track");
    ({ encoded } = result.data);
  });
  afterEach(() => socket.close());

  test("come with the first PATCH and go with DELETE", async () => {
    await expectError("GET", `${players()}/1`, undefined, 404, /Player not found/);
    const { body } = await socket.patch("1", { volume: 30 });
    expect(body).toMatchObject({
      guildId: "1",
      track: null,
      volume: 30,
      paused: false,
      state: { connected: false, ping: -1, position: 0 },
    });
    expect((await call(node, "GET", players())).body).toMatchObject([{ guildId: "1" }]);
    expect((await call(node, "DELETE", `${players()}/1`)).status).toBe(204);
    expect((await call(node, "DELETE", `${players()}/1`)).status).toBe(204);
    expect((await call(node, "GET", players())).body).toEqual([]);
  });

  test.each([
    [{ volume: 1001 }, /Volume/],
    [{ volume: "loud" }, /volume/],
    [{ position: -1 }, /Position/],
    [{ endTime: 0 }, /End time/],
    [
      { voice: { token: "t", endpoint: "e", sessionId: " ", channelId: "1" } },
      /token, endpoint, sessionId and channelId must be provided/,
    ],
    [
      { voice: { token: "t", endpoint: "e", sessionId: "s" } },
      /token, endpoint, sessionId and channelId must be provided/,
    ],
    [{ filters: { echo: { delay: 1 }, volume: 1 } }, /disabled in the config: echo/],
    [{ filters: { pluginFilters: { echo: { delay: 1 } } } }, /disabled in the config: pluginFilters/],
    [{ filters: { equalizer: [{ band: 15, gain: 0.2 }] } }, /filters.equalizer.band must be/],
    [{ filters: { timescale: { speed: 0.01 } } }, /filters.timescale.speed must be from 0.1 to 10, not 0.01/],
    [{ filters: { tremolo: { depth: 2 } } }, /filters.tremolo.depth must be/],
    [{ filters: { volume: 6 } }, /filters.volume/],
    [{ track: { encoded: "x", identifier: "y" } }, /Cannot specify both/],
    [{ track: { encoded: null }, encodedTrack: null }, /Cannot specify both/],
    [{ track: { encoded: "nonsense" } }, /decodeTrack/],
    [{ track: { identifier: "search:westerland" } }, /result of type search/],
    [{ track: { identifier: "broken.mp3" } }, /a web page instead of audio/],
    ["{", /JSON/],
  ])("refuse %o", async (body, message) => {
    await expectError("PATCH", `${players()}/1`, body, 400, message);
    expect((await call(node, "GET", players())).body).toEqual([]);
  });

  test("refuse tracks of sources that are not there", async () => {
    const foreign = encodeTrack({ ...decodeTrack(encoded), sourceName: "youtube" });
    await expectError(
      "PATCH",
      `${players()}/1`,
      { track: { encoded: foreign } },
      400,
      /no source "youtube"; it has: local, http/,
    );
  });

  test("are found under a session and a guild only", async () => {
    await expectError("GET", "/v4/sessions/nowhere/players", undefined, 404, /Session not found/);
    await expectError("PATCH", `${players()}/guild`, {}, 400, /not a number/);
    await expectError("PUT", `${players()}/1`, {}, 405, /PUT/);
    await expectError("GET", `/v4/sessions/${socket.sessionId}`, undefined, 405, /GET/);
    const traced = await call(node, "GET", "/v4/nowhere?trace=true");
    expect(traced.body).toMatchObject({ status: 404, trace: expect.stringContaining("RequestError") });
  });

  test("start, replace and stop tracks in Lavalink's order", async () => {
    const userData = { nonce: 1 };
    const first = await socket.patch("1", { track: { encoded, userData }, paused: true, volume: 50 });
    expect(first.body).toMatchObject({ paused: true, volume: 50, track: { encoded, userData } });
    expect(await socket.event("TrackStartEvent")).toMatchObject({ guildId: "1", track: { encoded, userData } });

    expect((await socket.patch("1", { track: { identifier: "chirp.wav" } }, "?noReplace=true")).body).toMatchObject({
      paused: true,
      track: { userData },
    });
    expect((await socket.patch("1", { track: { userData: { nonce: 2 } } })).body).toMatchObject({
      track: { userData: { nonce: 2 } },
    });

    const second = await socket.patch("1", { track: { identifier: "chirp.wav" }, position: 100 });
    expect(second.body).toMatchObject({ paused: false, track: { userData: {} }, state: { position: 100 } });
    await socket.event("TrackStartEvent");
    await socket.patch("1", { track: { encoded: null } });
    const events = socket.messages
      .filter((message) => message.op === "event")
      .map((message) => [message.type, "reason" in message ? message.reason : ""]);
    expect(events.slice(0, 4)).toEqual([
      ["TrackStartEvent", ""],
      ["TrackEndEvent", "replaced"],
      ["TrackStartEvent", ""],
      ["TrackEndEvent", "stopped"],
    ]);
    expect((await call(node, "GET", `${players()}/1`)).body).toMatchObject({ track: null });
  });

  test("take the fields that stood at the top before 4.0", async () => {
    expect((await socket.patch("1", { encodedTrack: encoded })).body).toMatchObject({ track: { encoded } });
    expect((await socket.patch("1", { encodedTrack: null })).body).toMatchObject({ track: null });
    expect((await socket.patch("1", { identifier: "chirp.wav" })).body).toMatchObject({ track: { encoded } });
  });

  test("report a track that is gone when it is to be played", async () => {
    const gone = encodeTrack({ ...decodeTrack(encoded), identifier: "gone.wav" });
    expect((await socket.patch("1", { track: { encoded: gone } })).status).toBe(200);
    await socket.event("TrackStartEvent");
    expect(await socket.event("TrackExceptionEvent")).toMatchObject({
      exception: { severity: "common", message: 'There is no file "gone.wav" in the music directory.' },
    });
    expect(await socket.event("TrackEndEvent")).toMatchObject({ reason: "loadFailed" });
  });

  test("keep filters that change nothing", async () => {
    const filters = { volume: 0.5, equalizer: [], timescale: null };
    expect((await socket.patch("1", { filters })).body).toMatchObject({ filters });
  });
});

describe("options", () => {
  test.each([
    [{ password: "" }, "AUDIO_NODE_INVALID_OPTIONS"],
    [{ password: "x", musicDirectory: "/nowhere/at/all" }, "AUDIO_NODE_INVALID_OPTIONS"],
    [{ password: "x", host: "203.0.113.1" }, "AUDIO_NODE_LISTEN_FAILED"],
  ])("%o", async (options, code) => {
    await expect(startAudioNode({ port: 0, ...options })).rejects.toMatchObject({ code });
  });

  test("a port in use", async () => {
    await expect(startAudioNode({ password: "x", port: node.port })).rejects.toMatchObject({
      code: "AUDIO_NODE_PORT_IN_USE",
      message: `Port ${node.port} of 127.0.0.1 is in use. Choose another with the option port.`,
    });
  });
});
