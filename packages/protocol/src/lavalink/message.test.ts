import { describe, expect, test } from "vitest";
import { loadResultSchema } from "./load-result.ts";
import { decodeMessage } from "./message.ts";

const info = {
  identifier: "id",
  isSeekable: true,
  author: "A",
  length: 1000,
  isStream: false,
  position: 0,
  title: "T",
  sourceName: "http",
};
const exception = { message: null, severity: "common", cause: "because" };

describe("decodeMessage", () => {
  test("reads what Lavalink and NodeLink send", () => {
    const update = { op: "playerUpdate", guildId: "1", state: { time: 1, position: 2, connected: true, ping: -1 } };
    expect(decodeMessage(JSON.stringify(update))).toEqual({ kind: "message", message: update });
    const stats = {
      op: "stats",
      players: 1,
      playingPlayers: 1,
      uptime: 1,
      memory: { free: 1, used: 1, allocated: 1, reservable: 1 },
      cpu: { cores: 1, systemLoad: 0.1, nodelinkLoad: 0.2 },
      frameStats: null,
      detailedStats: {},
    };
    expect(decodeMessage(JSON.stringify(stats)).kind).toBe("message");
    const end = { op: "event", type: "TrackEndEvent", guildId: "1", track: { encoded: "Q", info }, reason: "finished" };
    expect(decodeMessage(JSON.stringify(end))).toMatchObject({ message: { track: { pluginInfo: {}, userData: {} } } });
  });

  test("reads the usual messages by hand as their schemas would", () => {
    const track = { encoded: "Q", info: { ...info, uri: null, later: 1 }, pluginInfo: { a: 1 }, userData: {} };
    const start = { op: "event", type: "TrackStartEvent", guildId: "1", track };
    for (const message of [start, { ...start, type: "TrackEndEvent", reason: "replaced" }]) {
      expect(decodeMessage(JSON.stringify(message))).toEqual({ kind: "message", message });
    }
    const broken = [
      { ...start, guildId: 1 },
      { ...start, track: { ...track, encoded: null } },
      { ...start, track: { ...track, userData: [] } },
      { ...start, type: "TrackEndEvent", reason: "toString" },
      ...Object.keys(info).map((field) => ({ ...start, track: { ...track, info: { ...track.info, [field]: {} } } })),
    ];
    for (const message of broken) expect(decodeMessage(JSON.stringify(message)).kind).toBe("malformed");
    expect(decodeMessage(JSON.stringify(start).replace('"length":1000', '"length":1e999')).kind).toBe("malformed");
  });

  test("tolerates the ops and events of plugins, and says what is broken", () => {
    expect(decodeMessage('{"op":"event","type":"LyricsLineEvent"}').kind).toBe("unknown");
    expect(decodeMessage('{"op":"toString"}').kind).toBe("unknown");
    expect(decodeMessage("{").kind).toBe("malformed");
    expect(decodeMessage("[]").kind).toBe("malformed");
    expect(decodeMessage('{"op":"ready"}')).toMatchObject({ kind: "malformed" });
    expect(decodeMessage('{"op":"playerUpdate","guildId":1}').kind).toBe("malformed");
  });
});

describe("loadResultSchema", () => {
  test("accepts both forms of nothing and of a failure", () => {
    expect(loadResultSchema.parse({ loadType: "empty", data: null })).toEqual({ loadType: "empty", data: null });
    expect(loadResultSchema.parse({ loadType: "empty", data: {} })).toEqual({ loadType: "empty", data: null });
    expect(loadResultSchema.parse({ loadType: "empty" })).toEqual({ loadType: "empty", data: null });
    const failed = { loadType: "error", data: exception };
    expect(loadResultSchema.parse(failed)).toEqual(failed);
    expect(loadResultSchema.parse({ loadType: "error", exception })).toEqual(failed);
  });

  test("keeps a playlist's tracks and refuses another shape", () => {
    const playlist = { info: { name: "P", selectedTrack: -1 }, tracks: [{ encoded: "Q", info }] };
    expect(loadResultSchema.parse({ loadType: "playlist", data: playlist })).toMatchObject({
      data: { pluginInfo: {}, tracks: [{ encoded: "Q" }] },
    });
    expect(loadResultSchema.safeParse({ loadType: "track", data: null }).success).toBe(false);
  });
});
