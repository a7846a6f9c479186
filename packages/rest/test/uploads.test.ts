import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { createManualClock, createSeededRandom, type Policy } from "@antiphon/std";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { describe, expect, it } from "vitest";
import { createRest, type RestOptions } from "../src/index.ts";
import { createRoutes } from "../src/routes/index.ts";
import { startScriptedServer } from "./scripted-server.ts";

const MESSAGES = "/channels/1300000000000000000/messages";
const ok = { status: 200, body: { ok: true } };

/** A stream that counts what was taken of it and notes whether it was given back. */
function source(chunkBytes: number, chunkCount: number) {
  const state = { taken: 0, returned: false };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (; state.taken < chunkCount; state.taken++) yield new Uint8Array(chunkBytes).fill(97);
    } finally {
      state.returned = true;
    }
  }
  return { state, stream: chunks() };
}

async function startRawServer(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function clientOf(api: string, options: RestOptions = {}) {
  const clock = createManualClock();
  const rest = createRest({ token: "the-token", api, clock, random: createSeededRandom(1), ...options });
  rest.on("rateLimited", () => void clock.advance(0).then(() => clock.advance(10_000)));
  rest.on("retry", () => void clock.advance(0).then(() => clock.advance(10_000)));
  return { rest, clock };
}

describe("uploads", () => {
  it("reach Discord as attachments, whatever they are made of", async () => {
    await using discord = await startDiscordSimulator();
    const { world } = discord;
    const bot = world.addApplication({ name: "Bot" });
    const guild = world.addGuild({ name: "Guild" });
    world.addMember(guild.id, bot.botUserId);
    const channel = world.addChannel(guild.id, { name: "general", type: "text" });
    await using rest = createRest({ token: bot.token, api: discord.apiUrl });
    const files = [
      { name: "text", data: "12" },
      { name: "bytes", data: Buffer.from("123") },
      { name: "blob", data: new Blob(["1234"]) },
      { name: "iterable", data: source(5, 1).stream },
      { name: "known", data: source(3, 2).stream, sizeBytes: 6 },
      { name: "web", data: new Blob(["1234567"]).stream() },
      { name: "node", data: Readable.from([Buffer.from("12345678")]) },
      { name: "function", data: () => source(9, 1).stream },
    ];
    const message = await createRoutes(rest).channels.createMessage(channel.id, { content: "all" }, { files });
    expect(message.attachments.map(({ filename, size }) => [filename, size])).toEqual([
      ["text", 2],
      ["bytes", 3],
      ["blob", 4],
      ["iterable", 5],
      ["known", 6],
      ["web", 7],
      ["node", 8],
      ["function", 9],
    ]);
    expect(discord.transcript.problems).toEqual([]);
  });

  it("say their length when it is known, and are chunked when not", async () => {
    await using server = await startScriptedServer(() => ok);
    const { rest } = clientOf(server.api);
    await using _closing = rest;
    await rest.request("POST", MESSAGES, { files: [{ name: "a", data: source(4, 2).stream, sizeBytes: 8 }] });
    await rest.request("POST", MESSAGES, { files: [{ name: "a", data: source(4, 2).stream }] });
    const [known, unknown] = server.seen;
    expect(known?.headers["content-length"]).toBe(String(Buffer.byteLength(known?.body ?? "")));
    expect(unknown?.headers).toMatchObject({ "transfer-encoding": "chunked" });
    for (const seen of server.seen) expect(seen.body).toContain('filename="a"');
    expect(unknown?.body).toContain("\r\n\r\naaaaaaaa\r\n--antiphon-");
  });

  it("send fields of forms", async () => {
    await using server = await startScriptedServer(() => ok);
    const { rest } = clientOf(server.api);
    await using _closing = rest;
    const routes = createRoutes(rest);
    await routes.oauth2.requestToken({ grant_type: "refresh_token", refresh_token: "a b" });
    const sticker = { name: "cat", description: "", tags: "cat" };
    await routes.stickers.create("1300000000000000000", sticker, {
      files: [{ name: "c.png", data: new Blob(["png"]) }],
    });
    const [token, form] = server.seen;
    expect(token?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(token?.headers["authorization"]).toBeUndefined();
    expect(token?.body).toBe("grant_type=refresh_token&refresh_token=a+b");
    expect(form?.body).toContain('name="tags"\r\n\r\ncat\r\n');
    expect(form?.body).toContain('name="file"; filename="c.png"');
    await expect(rest.request("POST", "/oauth2/token", { body: { a: {} }, bodyFormat: "form" })).rejects.toMatchObject({
      code: "REST_INVALID_REQUEST",
    });
  });

  it("give bytes where asked for them, and still explain a refusal", async () => {
    const png = { status: 200, headers: { "content-type": "image/png" }, body: "png" };
    const refusal = { status: 404, body: { code: 10_004, message: "Unknown Guild" } };
    await using server = await startScriptedServer((_request, index) => (index === 0 ? png : refusal));
    const { rest } = clientOf(server.api);
    await using _closing = rest;
    const { guilds } = createRoutes(rest);
    const image = await guilds.getWidgetImage("1300000000000000000");
    expect(image).toBeInstanceOf(ArrayBuffer);
    expect(Buffer.from(image).toString()).toBe("png");
    await expect(guilds.getWidgetImage("1300000000000000001")).rejects.toMatchObject({
      details: { discordCode: 10_004 },
    });
  });

  it("are read only as fast as they go out, and given back when aborted", async () => {
    // Takes nothing, so that all the buffers between fill up.
    await using server = await startRawServer((request) => void request.pause());
    const { rest } = clientOf(server.api);
    await using _closing = rest;
    const { state, stream } = source(64 * 1024, 1_000);
    const abort = new AbortController();
    const sending = rest.request("POST", MESSAGES, { files: [{ name: "big", data: stream }], signal: abort.signal });
    const outcome = expect(sending).rejects.toThrow("enough");
    let before = -1;
    const hasStopped = () => {
      const isSame = state.taken > 0 && state.taken === before;
      before = state.taken;
      return isSame;
    };
    await expect.poll(hasStopped, { timeout: 60_000 }).toBe(true);
    abort.abort(new Error("enough"));
    await outcome;
    await expect.poll(() => state.returned, { timeout: 60_000 }).toBe(true);
    expect(state.taken).toBeLessThan(1_000);
    await expect.poll(() => rest.getStats().pool?.running, { timeout: 60_000 }).toBe(0);
  });

  it("are given back when the source is silent", async () => {
    await using server = await startRawServer((request) => void request.resume());
    const { rest } = clientOf(server.api);
    await using _closing = rest;
    let asked = false;
    let returned = false;
    const silent = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          asked = true;
          return new Promise<never>(() => {});
        },
        return: async () => {
          returned = true;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const abort = new AbortController();
    const sending = rest.request("POST", MESSAGES, { files: [{ name: "slow", data: silent }], signal: abort.signal });
    const outcome = expect(sending).rejects.toThrow("enough");
    await expect.poll(() => asked, { timeout: 60_000 }).toBe(true);
    abort.abort(new Error("enough"));
    await outcome;
    expect(returned).toBe(true);
  });
});

describe("an upload that fails", () => {
  const busy = { status: 503, body: {} };

  it("is sent again when it can be read again", async () => {
    await using server = await startScriptedServer((_request, index) => (index === 0 ? busy : ok));
    const { rest } = clientOf(server.api);
    await using _closing = rest;
    const files = [
      { name: "a", data: () => source(4, 1).stream },
      { name: "b", data: new Blob(["bbbb"]) },
    ];
    expect(await rest.request("POST", MESSAGES, { body: { content: "x" }, files })).toEqual(ok.body);
    const bodies = server.seen.map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toContain("aaaa");
    expect(bodies[1]).toBe(bodies[0]);
  });

  it.each([
    ["a 5xx", busy, /503/],
    [
      "a 429",
      { status: 429, headers: { "retry-after": "1" }, body: { retry_after: 1, global: false } },
      /rate limited/,
    ],
  ])("is not sent again after %s when its stream was read, and says why", async (_name, answer, why) => {
    await using server = await startScriptedServer(() => answer);
    const { rest } = clientOf(server.api);
    await using _closing = rest;
    const files = [{ name: "once.txt", data: source(4, 1).stream }];
    const error: unknown = await rest
      .request("POST", MESSAGES, { body: { content: "x" }, files })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: "REST_FILE_NOT_REPLAYABLE",
      message: expect.stringMatching(/"once.txt" has been read; give bytes, a Blob/) as string,
      details: { file: "once.txt", method: "POST", path: MESSAGES },
      cause: { message: expect.stringMatching(why) as string },
    });
    expect(server.seen).toHaveLength(1);
  });

  it.each([
    [
      "gives no bytes",
      async function* () {
        yield "text" as unknown as Uint8Array;
      },
      undefined,
      /gave string instead of bytes/,
    ],
    [
      "throws",
      async function* () {
        yield new Uint8Array(1);
        throw new Error("disk on fire");
      },
      undefined,
      /failed: .*disk on fire/,
    ],
    ["is too short", () => source(2, 1).stream, 3, /gave 2 bytes instead of 3/],
    ["is too long", () => source(2, 2).stream, 3, /more than the 3 bytes/],
  ])("tells when a stream %s, and does not try again", async (_name, data, sizeBytes, message) => {
    await using server = await startScriptedServer(() => ok);
    const { rest } = clientOf(server.api);
    await using _closing = rest;
    const sending = rest.request("POST", MESSAGES, {
      body: { content: "x" },
      files: [{ name: "odd", data, sizeBytes }],
    });
    await expect(sending).rejects.toMatchObject({
      code: "REST_FILE_FAILED",
      message: expect.stringMatching(message) as string,
      details: { file: "odd" },
    });
    expect(rest.getStats().requests).toBe(1);
    expect(await rest.request("GET", "/users/@me")).toEqual(ok.body);
  });

  it("does not look empty when a policy sends it again by itself", async () => {
    await using server = await startScriptedServer(() => busy);
    const twice: Policy = {
      async execute(run, { signal } = {}) {
        const context = { signal: signal ?? new AbortController().signal };
        return run(context).catch(() => run(context));
      },
    };
    const { rest } = clientOf(server.api, { policies: { messages: twice } });
    await using _closing = rest;
    const sending = rest.request("POST", MESSAGES, { files: [{ name: "once.txt", data: source(4, 1).stream }] });
    await expect(sending).rejects.toMatchObject({ code: "REST_FILE_FAILED", details: { file: "once.txt" } });
    expect(server.seen).toHaveLength(1);
  });

  it("stops at the limit: before it is sent when its size is known, on its way when not", async () => {
    await using server = await startScriptedServer(() => ok);
    const { rest } = clientOf(server.api, { uploadLimitBytes: 1_000 });
    await using _closing = rest;
    const tooLarge = { code: "REST_UPLOAD_TOO_LARGE", details: { uploadLimitBytes: 1_000 } };
    for (const data of ["x".repeat(1_000), new Blob(["x".repeat(1_000)])])
      await expect(rest.request("POST", MESSAGES, { files: [{ name: "a", data }] })).rejects.toMatchObject(tooLarge);
    expect(rest.getStats().requests).toBe(0);
    const { state, stream } = source(100, 1_000_000);
    await expect(rest.request("POST", MESSAGES, { files: [{ name: "a", data: stream }] })).rejects.toMatchObject(
      tooLarge,
    );
    expect(state).toMatchObject({ returned: true });
    expect(state.taken).toBeLessThan(20);
  });

  it("times out only when nothing moves", async () => {
    await using server = await startRawServer((request) => void request.resume());
    const { rest, clock } = clientOf(server.api, { timeoutMs: 1_000, retries: 0 });
    await using _closing = rest;
    let taken = 0;
    async function* slow(): AsyncGenerator<Uint8Array> {
      for (; taken < 5; taken++) {
        await clock.advance(900);
        yield new Uint8Array(1);
      }
    }
    const sending = rest.request("POST", MESSAGES, { files: [{ name: "a", data: slow() }] });
    const outcome = expect(sending).rejects.toMatchObject({ code: "REST_TIMED_OUT" });
    await expect.poll(() => taken, { timeout: 60_000 }).toBe(5);
    await clock.advance(1_000);
    await outcome;
  });
});
