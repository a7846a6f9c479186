import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createManualClock, createSeededRandom } from "@antiphon/std";
import { afterEach, describe, expect, it } from "vitest";
import {
  createInteractionEndpoint,
  createInteractions,
  defineCommand,
  modal,
  type CommandContext,
  type InteractionEndpointOptions,
} from "@antiphon/core";
import { createDiscordSigner } from "./discord-signer.ts";
import { buttonInteraction, commandInteraction, createFakeRest, httpError, modalInteraction } from "./fake-ports.ts";

const NOW_MS = 1_800_000_000_000;
const signer = createDiscordSigner();

function setup(options: Partial<InteractionEndpointOptions> = {}) {
  const clock = createManualClock({ startMs: NOW_MS });
  const rest = createFakeRest();
  const interactions = createInteractions({ rest, clock, random: createSeededRandom(1) });
  const endpoint = createInteractionEndpoint({ publicKey: signer.publicKey, interactions, clock, ...options });
  const post = (payload: unknown, headers: Record<string, string> = {}) => {
    const body = typeof payload === "string" ? payload : JSON.stringify(payload);
    const signed = { ...signer.headers(body, clock.now()), ...headers };
    return endpoint.fetch(new Request("https://bot.example/interactions", { method: "POST", body, headers: signed }));
  };
  const add = (execute: (context: CommandContext) => Promise<void> | void) =>
    interactions.commands.add(
      defineCommand({ name: "test", description: "A test", execute: (context) => execute(context as CommandContext) }),
    );
  return { clock, rest, interactions, endpoint, post, add };
}

describe("an endpoint's door", () => {
  it("answers a ping with a pong", async () => {
    const { post, endpoint } = setup();
    const response = await post({ id: "1", type: 1, token: "t" });
    expect([response.status, await response.json()]).toEqual([200, { type: 1 }]);
    expect(endpoint.stats()).toMatchObject({ requests: 1, pings: 1, unauthorized: 0, pending: 0 });
  });

  it("refuses what is not signed by the application's key with 401", async () => {
    const { clock, post, endpoint } = setup();
    const ping = JSON.stringify({ type: 1 });
    const stranger = createDiscordSigner().headers(ping, clock.now());
    const zeros = "0".repeat(128);
    for (const headers of [
      stranger,
      { "x-signature-ed25519": zeros },
      { "x-signature-ed25519": zeros.slice(2) },
      { "x-signature-ed25519": "" },
      { "x-signature-timestamp": "" },
      { "x-signature-timestamp": "1e9" },
      signer.headers(`${ping} `, clock.now()),
    ]) {
      expect((await post(ping, headers)).status).toBe(401);
    }
    expect(endpoint.stats()).toMatchObject({ requests: 7, unauthorized: 7, pings: 0 });
  });

  it("refuses signatures older than the tolerance, and takes any when it is infinite", async () => {
    const ping = JSON.stringify({ type: 1 });
    const old = (clock: { now(): number }, ageMs: number) => signer.headers(ping, clock.now() - ageMs);
    const strict = setup();
    expect((await strict.post(ping, old(strict.clock, 299_000))).status).toBe(200);
    expect((await strict.post(ping, old(strict.clock, 301_000))).status).toBe(401);
    expect((await strict.post(ping, old(strict.clock, -301_000))).status).toBe(401);
    const lax = setup({ timestampToleranceMs: Infinity });
    expect((await lax.post(ping, old(lax.clock, 1e9))).status).toBe(200);
  });

  it("refuses other methods, long bodies, and signed nonsense", async () => {
    const { endpoint, post } = setup({ maximumBodyBytes: 100 });
    const get = await endpoint.fetch(new Request("https://bot.example/"));
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
    expect((await post("x".repeat(101))).status).toBe(413);
    expect((await post("not json")).status).toBe(400);
    expect((await post({ type: 2 })).status).toBe(400);
    expect((await post("null")).status).toBe(400);
    expect(endpoint.stats()).toMatchObject({ refused: 5, interactions: 0, pending: 0 });
  });

  it("answers 503 while too many requests are under way", async () => {
    const { post, add, endpoint } = setup({ maximumPending: 1 });
    const gate = Promise.withResolvers<void>();
    add(async (context) => {
      await gate.promise;
      await context.reply("x");
    });
    const first = post(commandInteraction("test"));
    expect((await post({ type: 1 })).status).toBe(503);
    gate.resolve();
    await (await first).text();
    expect((await post({ type: 1 })).status).toBe(200);
    expect(endpoint.stats()).toMatchObject({ refused: 1, pings: 1, pending: 0 });
  });

  it("wants a public key and sensible bounds", () => {
    expect(() => setup({ publicKey: "abc" })).toThrow(/is no public key/);
    expect(() => setup({ maximumBodyBytes: 0 })).toThrow(/maximumBodyBytes/);
  });
});

describe("answering through the body", () => {
  it("gives the first answer without any request of its own", async () => {
    const { rest, post, add } = setup();
    add((context) => context.reply({ content: "hi", ephemeral: true }));
    const response = await post(commandInteraction("test"));
    expect(await response.json()).toEqual({
      type: 4,
      data: { content: "hi", flags: 64, allowed_mentions: { parse: [] } },
    });
    expect(rest.requests).toEqual([]);
  });

  it("edits only after the answer is out, and patiently while Discord does not know it yet", async () => {
    const { clock, rest, post, add } = setup();
    add(async (context) => {
      await context.defer();
      await context.reply("done");
    });
    let refusals = 2;
    rest.answer = () => {
      if (refusals-- > 0) throw httpError(404, 10015);
      return { id: "7" };
    };
    const response = await post(commandInteraction("test"));
    await clock.advance(0);
    expect(rest.requests).toEqual([]);
    expect(await response.json()).toEqual({ type: 5 });
    await clock.advance(100);
    await clock.advance(300);
    expect(rest.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array(3).fill("PATCH /webhooks/200/secret-token/messages/@original"),
    );
  });

  it("defers by itself before the deadline", async () => {
    const { clock, rest, post, add } = setup();
    add(async (context) => {
      await clock.sleep(10_000);
      await context.reply("late");
    });
    const pending = post(commandInteraction("test"));
    await clock.advance(2_000);
    expect(await (await pending).json()).toEqual({ type: 5 });
    await clock.advance(8_000);
    expect(rest.requests.map(({ options }) => options.body)).toMatchObject([{ content: "late" }]);
  });

  it("takes components, modals, autocompletion and forms like the gateway does", async () => {
    const { interactions, post } = setup();
    interactions.components.add("page/:page", (context) => context.update(`page ${context.parameters.page}`));
    interactions.components.add("form", (context) =>
      context.showModal(modal({ customId: "m", title: "t", inputs: [{ customId: "i", label: "l" }] })),
    );
    interactions.modals.add("m", (context) => context.reply(String(context.fields["i"])));
    interactions.commands.add(
      defineCommand({
        name: "play",
        description: "p",
        options: { query: { type: "string", description: "q" } },
        autocomplete: { query: ({ focused }) => [{ name: focused.value, value: "v" }] },
        execute: () => {},
      }),
    );
    const answerTo = async (payload: unknown) => (await (await post(payload)).json()) as { type: number };
    expect(await answerTo(buttonInteraction("page/2"))).toMatchObject({ type: 7, data: { content: "page 2" } });
    expect(await answerTo(buttonInteraction("form"))).toMatchObject({ type: 9, data: { custom_id: "m" } });
    const fields = [{ type: 18, component: { type: 4, custom_id: "i", value: "entered" } }];
    expect(await answerTo(modalInteraction("m", fields))).toMatchObject({ type: 4, data: { content: "entered" } });
    const options = [{ name: "query", type: 3, value: "a", focused: true }];
    expect(await answerTo(commandInteraction("play", { type: 4, options }))).toMatchObject({
      type: 8,
      data: { choices: [{ name: "a", value: "v" }] },
    });
  });

  it("sends files as multipart", async () => {
    const { post, add } = setup();
    add((context) => context.reply({ content: "a file", files: [{ name: "a.txt", data: "text" }] }));
    const form = await (await post(commandInteraction("test"))).formData();
    expect(JSON.parse(form.get("payload_json") as string)).toMatchObject({
      type: 4,
      data: { content: "a file", attachments: [{ id: 0, filename: "a.txt" }] },
    });
    const file = form.get("files[0]") as File;
    expect([file.name, await file.text()]).toEqual(["a.txt", "text"]);
  });

  it("apologises when a handler fails, and tells about it", async () => {
    const { interactions, post, add } = setup();
    add(() => Promise.reject(new Error("broken")));
    const failed: unknown[] = [];
    interactions.on("interactionError", ({ error }) => failed.push(error));
    const text = await (await post(commandInteraction("test"))).text();
    expect(text).toContain("Sorry");
    expect(failed).toMatchObject([{ message: "broken" }]);
  });

  it("answers 404 without a handler, 409 to a repetition and 503 after the end", async () => {
    const { interactions, post, add } = setup();
    expect((await post(commandInteraction("test"))).status).toBe(404);
    add((context) => context.reply("x"));
    const payload = commandInteraction("test");
    await (await post(payload)).text();
    expect((await post(payload)).status).toBe(409);
    await interactions.close();
    expect((await post(commandInteraction("test"))).status).toBe(503);
  });

  it("falls back to the callback route when the response was not taken", async () => {
    const { clock, rest, post, add } = setup();
    add((context) => context.reply("x"));
    const response = await post(commandInteraction("test"));
    await response.body?.cancel();
    await clock.advance(0);
    expect(rest.requests.map(({ path }) => path)).toEqual([expect.stringMatching(/^\/interactions\/\d+\/.*callback$/)]);
  });

  it("takes a callback that Discord calls superfluous for success", async () => {
    const { clock, rest, post, add } = setup();
    rest.answer = () => {
      throw httpError(400, 40060);
    };
    let replied = false;
    add(async (context) => {
      await context.reply("x");
      replied = true;
    });
    await post(commandInteraction("test")); // whose body nobody reads
    await clock.advance(3_000);
    expect([replied, rest.requests.length]).toEqual([true, 1]);
  });
});

describe("answering over the callback route", () => {
  it("accepts with an empty 202 and sends the answer as over the gateway", async () => {
    const { clock, rest, post, add } = setup({ firstAnswer: "callback" });
    add((context) => context.reply("hi"));
    const response = await post(commandInteraction("test"));
    expect([response.status, await response.text()]).toEqual([202, ""]);
    await clock.advance(0);
    expect(rest.requests.map(({ options }) => options)).toMatchObject([
      { authenticate: false, body: { type: 4, data: { content: "hi" } } },
    ]);
  });
});

describe("registering without a gateway", () => {
  it("asks Discord once who it is", async () => {
    const { rest, interactions, add } = setup();
    rest.answer = ({ method, path }) => (path === "/applications/@me" ? { id: "200" } : method === "GET" ? [] : {});
    add(() => {});
    await interactions.commands.register();
    await interactions.commands.register({ guildId: "400" });
    expect(rest.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /applications/@me",
      "GET /applications/200/commands",
      "POST /applications/200/commands",
      "GET /applications/200/guilds/400/commands",
      "POST /applications/200/guilds/400/commands",
    ]);
  });
});

describe("a node:http server", () => {
  let server: Server | undefined;
  afterEach(async () => {
    server?.closeAllConnections();
    if (server?.listening === true) await new Promise((resolve) => server?.close(resolve));
  });

  async function listen(options: Partial<InteractionEndpointOptions> = {}) {
    const parts = setup(options);
    server = createServer(parts.endpoint.nodeHandler);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/`;
    const send = (payload: unknown) => {
      const body = JSON.stringify(payload);
      return fetch(url, { method: "POST", body, headers: signer.headers(body, parts.clock.now()) });
    };
    return { ...parts, url, port, send };
  }

  it("serves pings, commands with a later edit, and refusals", async () => {
    const { rest, url, send, add } = await listen();
    const edited = Promise.withResolvers<void>();
    add(async (context) => {
      await context.reply("one");
      await context.editReply("two");
      edited.resolve();
    });
    expect(await (await send({ type: 1 })).json()).toEqual({ type: 1 });
    expect(await (await send(commandInteraction("test"))).json()).toMatchObject({ type: 4, data: { content: "one" } });
    await edited.promise;
    expect(rest.requests.map(({ options }) => options.body)).toMatchObject([{ content: "two" }]);
    expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(401);
    expect((await fetch(url)).status).toBe(405);
  });

  it("refuses a body that grows beyond the limit with 413", async () => {
    const { port } = await listen({ maximumBodyBytes: 1_000 });
    const sending = httpRequest({ host: "127.0.0.1", port, method: "POST" });
    sending.on("error", () => {
      // The server closes while the rest of the body is still under way.
    });
    sending.write("x".repeat(2_000));
    const [response] = (await once(sending, "response")) as [{ readonly statusCode: number }];
    expect(response.statusCode).toBe(413);
    sending.destroy();
  });

  it("answers over the callback route when the connection is lost before the answer", async () => {
    const { clock, rest, port, add } = await listen();
    const entered = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const replied = Promise.withResolvers<void>();
    add(async (context) => {
      entered.resolve();
      await gate.promise;
      await context.reply("x");
      replied.resolve();
    });
    const body = JSON.stringify(commandInteraction("test"));
    const sending = httpRequest({
      host: "127.0.0.1",
      port,
      method: "POST",
      headers: signer.headers(body, clock.now()),
    });
    sending.on("error", () => {
      // It is destroyed below.
    });
    const connected = once(server as Server, "connection");
    sending.end(body);
    const [socket] = (await connected) as [Socket];
    const gone = once(socket, "close");
    await entered.promise;
    sending.destroy();
    await gone;
    gate.resolve();
    await replied.promise;
    expect(rest.requests.map(({ options }) => options.body)).toMatchObject([{ type: 4 }]);
  });
});
