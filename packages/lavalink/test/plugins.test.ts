import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeTrack } from "@antiphon/protocol/lavalink";
import { describe, expect, onTestFinished, test } from "vitest";
import { createPluginHost, createYouTubePlugin, definePlugin } from "../src/plugins/index.ts";
import { eventually, openWorld, trackOf } from "./world.ts";

async function openHost() {
  const world = await openWorld();
  const host = createPluginHost({ lavalink: world.lavalink });
  onTestFinished(() => host[Symbol.asyncDispose]());
  const [rain, harbour] = await Promise.all(
    ["rain", "harbour"].map(async (id) => trackOf(await world.lavalink.load(id))),
  );
  if (rain === undefined || harbour === undefined) throw new Error("both are in the catalogue");
  return { ...world, host, rain, harbour };
}

const invalid = { code: "LAVALINK_INVALID_ARGUMENT" };

describe("a plugin host", () => {
  test("asks plugins for searches and addresses before the node, and passes over those that fail or decline", async () => {
    const { host, lavalink, rain, harbour, join, events } = await openHost();
    const asked: string[] = [];
    host.add(
      definePlugin({
        name: "broken",
        search: () => Promise.reject(new Error("out of order")),
        loadTrack: () => Promise.reject(new Error("out of order")),
      }),
    );
    host.add({
      name: "mine",
      async search(query) {
        asked.push(query);
        return query === "wet" ? [rain, harbour] : [];
      },
      loadTrack: async (url) => (url === "mine://rain" ? rain : null),
    });
    expect(await host.search("wet")).toEqual({ type: "search", tracks: [rain, harbour] });
    expect(await host.search("harbour")).toEqual(await lavalink.search("harbour"));
    expect(asked).toEqual(["wet", "harbour"]);
    expect(await host.load("mine://rain")).toEqual({ type: "track", track: rain });
    expect(await host.load("harbour")).toEqual({ type: "track", track: harbour });
    expect(await host.search("dry", { plugin: "mine" })).toEqual({ type: "empty" });
    await expect(host.search("x", { plugin: "broken" })).rejects.toMatchObject({ code: "LAVALINK_PLUGIN_FAILED" });
    await expect(host.search("x", { plugin: "nobody" })).rejects.toMatchObject(invalid);

    const player = await join();
    await player.play(trackOf(await host.load("mine://rain")));
    await eventually(() => events.some(({ type }) => type === "trackStart"));
  });

  test("imports ES modules, and says what is no plugin", async () => {
    const { host, rain } = await openHost();
    const moduleOf = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
    const source = `export default () => ({ name: "imported", search: async (query) => [${JSON.stringify(rain)}] })`;
    const plugin = await host.addModule(moduleOf(source));
    expect(plugin.name).toBe("imported");
    expect(await host.search("anything")).toEqual({ type: "search", tracks: [rain] });
    for (const wrong of ["export default 5", "export const name = 1", "throw new Error('no')", "export default {"]) {
      await expect(host.addModule(moduleOf(wrong))).rejects.toMatchObject({ code: "LAVALINK_PLUGIN_FAILED" });
    }
    await expect(host.addModule(moduleOf(source))).rejects.toMatchObject(invalid);
    expect(host.plugins).toEqual([plugin]);
  });

  test("closes what it removes, and stops when the signal aborts", async () => {
    const { host } = await openHost();
    const closed: string[] = [];
    host.add({ name: "one", close: () => void closed.push("one") });
    host.add({ name: "two", close: async () => void closed.push("two") });
    expect([await host.remove("one"), await host.remove("one")]).toEqual([true, false]);
    await host.remove("two");
    // Its failure keeps none of the others open.
    host.add({ name: "stubborn", close: () => Promise.reject(new Error("not now")) });
    host.add({ name: "two", close: async () => void closed.push("two again") });
    const controller = new AbortController();
    host.add({
      name: "slow",
      search: (_query, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(new Error("stopped")));
          controller.abort(new Error("never mind"));
        }),
    });
    await expect(host.search("x", { signal: controller.signal })).rejects.toThrow("never mind");
    await host[Symbol.asyncDispose]();
    expect([closed, host.plugins]).toEqual([["one", "two", "two again"], []]);
  });

  test("sets a plugin's sound processing as the node's plugin filters, beside what is set already", async () => {
    const { host, simulator, rain, join } = await openHost();
    host.add({ name: "dsp", effects: { hall: { pluginFilters: { echo: { echoLength: 0.5, decay: 0.4 } } } } });
    const player = await join();
    await player.play(rain);
    await player.filters.nightcore();
    expect(await host.applyEffect(player, "dsp", "hall")).toBe("dsp/hall");
    expect(simulator.players[0]?.filters).toMatchObject({
      pluginFilters: { echo: { echoLength: 0.5, decay: 0.4 } },
      timescale: { speed: 1.2 },
    });
    await player.filters.remove("dsp/hall");
    expect(simulator.players[0]?.filters).not.toHaveProperty("pluginFilters");
    await expect(host.applyEffect(player, "dsp", "toString")).rejects.toMatchObject(invalid);
  });
});

describe("createYouTubePlugin", () => {
  const video = (id: string, more: object = {}) => ({
    id,
    snippet: {
      title: `Title of ${id}`,
      channelTitle: "A Channel",
      liveBroadcastContent: "none",
      thumbnails: { default: { url: "https://i.invalid/d.jpg" }, high: { url: `https://i.invalid/${id}.jpg` } },
    },
    contentDetails: { duration: "PT1H2M3S" },
    ...more,
  });
  async function openYouTube(status = 200) {
    const asked: URL[] = [];
    const live = { snippet: { title: "Radio", channelTitle: "C", liveBroadcastContent: "live" }, contentDetails: {} };
    const answers: Readonly<Record<string, unknown>> = {
      "/api/search": { items: [{ id: { videoId: "aaaaaaaaaaa" } }, { id: {} }, { id: { videoId: "bbbbbbbbbbb" } }] },
      // In another order than that of the search.
      "/api/videos": { items: [video("bbbbbbbbbbb", live), video("aaaaaaaaaaa")] },
    };
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://localhost");
      asked.push(url);
      response.statusCode = status;
      response.end(JSON.stringify(answers[url.pathname] ?? {}));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    });
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
    return { asked, youtube: createYouTubePlugin({ apiKey: "the-key", apiUrl, limit: 5 }) };
  }

  test("searches with the owner's key and gives tracks that a node can play, the best first", async () => {
    const { asked, youtube } = await openYouTube();
    const tracks = await youtube.search("some words");
    expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({
      part: "id",
      type: "video",
      q: "some words",
      maxResults: "5",
      key: "the-key",
    });
    expect(asked[1]?.searchParams.get("id")).toBe("aaaaaaaaaaa,bbbbbbbbbbb");
    expect(tracks.map(({ info }) => info)).toMatchObject([
      {
        identifier: "aaaaaaaaaaa",
        title: "Title of aaaaaaaaaaa",
        author: "A Channel",
        length: 3_723_000,
        isStream: false,
        isSeekable: true,
        uri: "https://www.youtube.com/watch?v=aaaaaaaaaaa",
        artworkUrl: "https://i.invalid/aaaaaaaaaaa.jpg",
        sourceName: "youtube",
      },
      { identifier: "bbbbbbbbbbb", title: "Radio", isStream: true },
    ]);
    expect(decodeTrack(tracks[0]?.encoded ?? "")).toMatchObject({ identifier: "aaaaaaaaaaa", version: 3 });
  });

  test("loads a video by its address and declines every other", async () => {
    const { asked, youtube } = await openYouTube();
    for (const url of [
      "https://www.youtube.com/watch?v=aaaaaaaaaaa&t=3",
      "https://youtu.be/aaaaaaaaaaa",
      "https://music.youtube.com/watch?v=aaaaaaaaaaa",
      "https://youtube.com/shorts/aaaaaaaaaaa",
    ]) {
      expect((await youtube.loadTrack(url))?.info.identifier).toBe("aaaaaaaaaaa");
    }
    const before = asked.length;
    for (const url of ["https://example.com/watch?v=aaaaaaaaaaa", "words", "https://youtube.com/watch?v=x"]) {
      expect(await youtube.loadTrack(url)).toBeNull();
    }
    expect(asked).toHaveLength(before);
  });

  test("says that it was refused, without the key", async () => {
    const { youtube } = await openYouTube(403);
    const failure = await youtube.search("x").catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "LAVALINK_PLUGIN_FAILED", details: { status: 403 }, retryable: false });
    expect(JSON.stringify(failure) + String(failure)).not.toContain("the-key");
  });
});
