import { createManualClock, createSecret } from "@antiphon/std";
import { once } from "node:events";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createClient, createErrorHandler, defineCommand, type Client, type ClientOptions } from "@antiphon/core";
import {
  botUser,
  commandInteraction,
  createFakeGateway,
  createFakeRest,
  httpError,
  readyPayload,
} from "./fake-ports.ts";

function setup(options: Partial<ClientOptions> = {}) {
  const clock = createManualClock();
  const gateway = createFakeGateway();
  const rest = createFakeRest();
  const client = createClient({ gateway, rest, intents: ["guilds", "guildVoiceStates"], clock, ...options });
  return { clock, gateway, rest, client };
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "resolved",
    (error: { code?: unknown }) => error.code,
  );
}

const guild = {
  id: "400",
  name: "Guild",
  owner_id: "300",
  roles: [{ id: "400", name: "@everyone", permissions: "0" }],
  channels: [
    { id: "500", type: 0, name: "general" },
    { id: "501", type: 2, name: "Voice" },
  ],
  members: [{ user: { id: "300", username: "ann" }, roles: [] }],
  voice_states: [{ user_id: "300", channel_id: "501", session_id: "s" }],
  threads: [],
};

describe("createClient", () => {
  it("rejects unknown intents and a missing token with codes, before any I/O", () => {
    expect(() => createClient({ token: "t", intents: ["voice_states" as never] })).toThrow(
      expect.objectContaining({ code: "CORE_UNKNOWN_INTENT" }),
    );
    expect(() => createClient({ intents: [] })).toThrow(expect.objectContaining({ code: "CORE_TOKEN_MISSING" }));
    expect(() => createClient({ token: "  ", intents: [] })).toThrow(
      expect.objectContaining({ code: "CORE_TOKEN_MISSING" }),
    );
    for (const options of [{ guildTimeoutMs: Number.NaN }, { interactions: { autoDeferAfterMs: -1 } }])
      expect(() => createClient({ token: "t", intents: [], ...options })).toThrow(
        expect.objectContaining({ code: "CORE_OPTION_INVALID" }),
      );
    expect(createClient({ token: createSecret("t"), intents: ["guilds"] }).state).toBe("idle");
  });

  it("prints its token nowhere", async () => {
    const token = "very.secret.token";
    const lines: string[] = [];
    const note = (message: string, fields?: unknown) => lines.push(inspect([message, fields], { depth: 10 }));
    const logger = { trace: note, debug: note, info: note, warn: note, error: note };
    const client = createClient({ token, intents: ["guilds"], api: "http://127.0.0.1:1/api", logger });
    const problem = await client.connect({ signal: AbortSignal.timeout(50) }).catch((error: unknown) => error);
    lines.push(inspect(client, { depth: 10 }), inspect(problem, { depth: 10 }), JSON.stringify(client.stats()));
    expect(lines.join("\n")).not.toContain(token);
    await client.close();
  });

  it("knows nobody before it is connected", () => {
    const { client } = setup();
    expect(() => client.user).toThrow(expect.objectContaining({ code: "CORE_NOT_READY" }));
    expect(() => client.applicationId).toThrow(expect.objectContaining({ code: "CORE_NOT_READY" }));
    expect(() => client.voiceSignaling.userId).toThrow(expect.objectContaining({ code: "CORE_NOT_READY" }));
    expect(client.latencyMs).toBeUndefined();
  });
});

describe("connect", () => {
  it("waits for the guilds of READY, then is ready to read from the cache", async () => {
    const { clock, gateway, client } = setup();
    gateway.onConnect = () => gateway.dispatch("READY", readyPayload(["400"]));
    const connecting = client.connect();
    await clock.advance(0);
    expect(client.state).toBe("connecting");
    gateway.dispatch("GUILD_CREATE", guild);
    await connecting;
    expect([client.state, client.user.id, client.applicationId, client.latencyMs]).toEqual([
      "connected",
      "100",
      "200",
      42,
    ]);
    expect(client.voiceStates.channelOf("400", "300")).toBe("501");
    expect(client.voiceStates.inChannel("400", "501").map(({ user_id }) => user_id)).toEqual(["300"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("does not wait for ever for a guild that does not come", async () => {
    const { clock, gateway, client } = setup();
    gateway.onConnect = () => gateway.dispatch("READY", readyPayload(["400"]));
    const connecting = client.connect();
    await clock.advance(5_000);
    await connecting;
    expect(client.state).toBe("connected");
  });

  it("asks who it is when the source was open before", async () => {
    const { gateway, rest, client } = setup();
    gateway.onConnect = () => {};
    rest.answer = ({ path }) => (path === "/users/@me" ? botUser : { id: "200" });
    await client.connect();
    expect([client.user.id, client.applicationId]).toEqual(["100", "200"]);
  });

  it.each([
    [httpError(401), "CORE_TOKEN_REJECTED"],
    [Object.assign(httpError(0), { details: { closeCode: 4004 } }), "CORE_TOKEN_REJECTED"],
    [Object.assign(httpError(0), { details: { closeCode: 4014 } }), "CORE_INTENTS_REJECTED"],
    [new Error("no route"), "CORE_CONNECT_FAILED"],
    [Object.assign(new Error("x"), { code: "EMFILE", syscall: "open" }), "CORE_SYSTEM_FAILED"],
  ])("turns %s into %s", async (error, code) => {
    const { gateway, client } = setup();
    gateway.onConnect = () => {
      throw error;
    };
    expect(await codeOf(client.connect())).toBe(code);
    expect(client.state).toBe("idle");
    gateway.onConnect = () => gateway.dispatch("READY", readyPayload());
    await client.connect();
  });

  it("stops at the signal", async () => {
    const { clock, gateway, client } = setup();
    gateway.onConnect = () => new Promise(() => {});
    const controller = new AbortController();
    const connecting = client.connect({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(connecting).rejects.toThrow("enough");
    await clock.advance(0);
    expect([client.state, gateway.closes]).toEqual(["idle", 0]);
  });

  it("may follow disconnect, but not close", async () => {
    const { gateway, client } = setup();
    await client.connect();
    await client.disconnect();
    await client.reconnect();
    expect([client.state, gateway.connects, gateway.closes]).toEqual(["connected", 2, 0]);
    await client.close();
    await client.close();
    // It was passed in, so it is not the client's to close.
    expect(gateway.closes).toBe(0);
    expect(await codeOf(client.connect())).toBe("CORE_CLOSED");
  });
});

describe("events", () => {
  async function connected() {
    const all = setup();
    await all.client.connect();
    return all;
  }

  it("emits typed events after the cache is up to date", async () => {
    const { gateway, client } = await connected();
    let seen: unknown;
    client.on(
      "guildCreate",
      ({ data, shardId }) => (seen = [data.name, shardId, client.cache.guilds.get(data.id)?.name]),
    );
    gateway.dispatch("GUILD_CREATE", guild);
    expect(seen).toEqual(["Guild", 0, "Guild"]);
  });

  it("emits ready, messageCreate, interactionCreate and voiceStateUpdate, until a listener is disposed", async () => {
    const { gateway, client } = setup();
    const seen: string[] = [];
    client.on("ready", ({ data }) => seen.push(`ready ${data.user.id}`));
    const listening = client.on("messageCreate", ({ data }) => seen.push(`message ${data.content}`));
    client.on("interactionCreate", ({ data }) => seen.push(`interaction ${data.type}`));
    client.on("voiceStateUpdate", ({ data }) => seen.push(`voice ${data.channel_id}`));
    await client.connect();
    const message = { id: "1", channel_id: "500", author: { id: "300" } };
    gateway.dispatch("MESSAGE_CREATE", { ...message, content: "one" });
    listening[Symbol.dispose]();
    gateway.dispatch("MESSAGE_CREATE", { ...message, content: "two" });
    gateway.dispatch("INTERACTION_CREATE", commandInteraction("nobody"));
    gateway.dispatch("VOICE_STATE_UPDATE", { guild_id: "400", user_id: "300", channel_id: "501", session_id: "s" });
    expect(seen).toEqual(["ready 100", "message one", "interaction 2", "voice 501"]);
  });

  it("passes unknown dispatches through, and everything as raw", async () => {
    const { gateway, client } = await connected();
    const seen: string[] = [];
    client.on("unknownDispatch", ({ name }) => seen.push(`unknown ${name}`));
    client.on("raw", ({ dispatch }) => seen.push(`raw ${dispatch.type}`));
    gateway.dispatch("SOMETHING_NEW", {});
    gateway.dispatch("TYPING_START", {});
    expect(seen).toEqual(["raw SOMETHING_NEW", "unknown SOMETHING_NEW", "raw TYPING_START"]);
  });

  it("warns of a listener or handler that failed where nobody else is told", async () => {
    const { gateway, client } = await connected();
    const nextWarning = async () => ((await once(process, "warning")) as [Error])[0];
    client.on("messageCreate", () => {
      throw new Error("of the listener");
    });
    const ofListener = nextWarning();
    gateway.dispatch("MESSAGE_CREATE", { id: "1", channel_id: "500", content: "hi", author: { id: "300" } });
    expect(await ofListener).toMatchObject({
      code: "ANTIPHON_LISTENER_FAILED",
      message: expect.stringContaining("of the listener"),
    });
    client.commands.add(
      defineCommand({
        name: "fail",
        description: "Fails.",
        execute() {
          throw new Error("of the handler");
        },
      }),
    );
    const ofHandler = nextWarning();
    gateway.dispatch("INTERACTION_CREATE", commandInteraction("fail"));
    expect(await ofHandler).toMatchObject({
      code: "ANTIPHON_HANDLER_FAILED",
      message: expect.stringContaining("of the handler"),
    });
  });

  it("survives listeners that throw and payloads that are not as documented", async () => {
    const { gateway, client } = await connected();
    const seen: string[] = [];
    client.on("messageCreate", () => {
      throw new Error("listener");
    });
    client.on("messageCreate", ({ data }) => seen.push(data.content));
    for (const data of [null, 7, {}, { guilds: 7 }]) {
      for (const type of [
        "READY",
        "GUILD_CREATE",
        "GUILD_DELETE",
        "VOICE_STATE_UPDATE",
        "VOICE_SERVER_UPDATE",
        "INTERACTION_CREATE",
      ])
        gateway.dispatch(type, data);
    }
    gateway.dispatch("MESSAGE_CREATE", { id: "1", channel_id: "500", content: "hi", author: { id: "300" } });
    expect(seen).toEqual(["hi"]);
    expect(client.cache.stats().failures).toBeGreaterThan(0);
    expect(client.user.id).toBe("100");
  });

  it("waits for an event that passes a filter, or for the signal", async () => {
    const { gateway, client } = await connected();
    const waiting = client.waitFor("messageCreate", ({ data }) => data.content === "b");
    const message = { channel_id: "500", author: { id: "300" } };
    gateway.dispatch("MESSAGE_CREATE", { ...message, id: "1", content: "a" });
    gateway.dispatch("MESSAGE_CREATE", { ...message, id: "2", content: "b" });
    expect((await waiting).data.id).toBe("2");
    await expect(
      client.waitFor("messageCreate", undefined, { signal: AbortSignal.abort(new Error("enough")) }),
    ).rejects.toThrow("enough");
  });

  it("ends every wait when the client closes", async () => {
    const { client } = await connected();
    const waits = [
      client.waitFor("messageCreate"),
      client.waitFor("messageCreate", undefined, { signal: new AbortController().signal }),
    ].map(codeOf);
    await client.close();
    expect(await Promise.all([...waits, codeOf(client.waitFor("ready"))])).toEqual(Array(3).fill("CORE_CLOSED"));
  });
});

describe("voice signaling", () => {
  it("sends op 4 and tells only the own voice states", async () => {
    const { gateway, client } = setup();
    await client.connect();
    const seen: unknown[] = [];
    client.voiceSignaling.onVoiceState((dispatch) => seen.push(dispatch));
    client.voiceSignaling.onVoiceServer((dispatch) => seen.push(dispatch));
    await client.voiceSignaling.updateVoiceState({
      guildId: "400",
      channelId: "501",
      selfMute: false,
      selfDeaf: true,
    });
    expect(gateway.sent).toEqual([
      {
        guildId: "400",
        command: { op: 4, d: { guild_id: "400", channel_id: "501", self_mute: false, self_deaf: true } },
      },
    ]);
    gateway.dispatch("VOICE_STATE_UPDATE", { guild_id: "400", user_id: "300", channel_id: "501", session_id: "other" });
    gateway.dispatch("VOICE_STATE_UPDATE", { guild_id: "400", user_id: "100", channel_id: "501", session_id: "own" });
    gateway.dispatch("VOICE_SERVER_UPDATE", { guild_id: "400", token: "t", endpoint: null });
    expect(seen).toEqual([
      { guildId: "400", userId: "100", channelId: "501", sessionId: "own" },
      { guildId: "400", token: "t", endpoint: null },
    ]);
  });
});

describe("getGuild and getChannel", () => {
  const fetches: readonly [string, (client: Client) => Promise<unknown>, string][] = [
    ["guild", (client) => client.getGuild("400"), "CORE_GUILD_NOT_FOUND"],
    ["channel", (client) => client.getChannel("500"), "CORE_CHANNEL_NOT_FOUND"],
    ["member", (client) => client.getMember("400", "300"), "CORE_MEMBER_NOT_FOUND"],
  ];

  it.each(fetches)("fetches a %s once, then reads the cache", async (_, fetch) => {
    const { rest, client } = setup();
    const answers: Readonly<Record<string, unknown>> = {
      "/guilds/400": guild,
      "/channels/500": { id: "500", guild_id: "400", type: 0 },
      "/guilds/400/members/300": { user: { id: "300", username: "ann" }, roles: ["401"] },
    };
    rest.answer = ({ path }) => answers[path];
    const fetched = await fetch(client);
    expect(fetched).toMatchObject((await fetch(client)) as object);
    expect(rest.requests).toHaveLength(1);
  });

  it.each(fetches)("tells a missing %s from a failed request", async (_, fetch, code) => {
    const { rest, client } = setup();
    rest.answer = () => {
      throw httpError(404);
    };
    expect(await codeOf(fetch(client))).toBe(code);
    rest.answer = () => {
      throw httpError(503);
    };
    expect(await codeOf(fetch(client))).toBe("CORE_REQUEST_FAILED");
  });
});

describe("an error handler", () => {
  it("is told about failed handlers, listeners, fetches and connections, with their place", async () => {
    const errorHandler = createErrorHandler();
    const { clock, gateway, rest, client } = setup({ errorHandler });
    gateway.onConnect = () => {
      throw httpError(401);
    };
    await client.connect().catch(() => {});
    gateway.onConnect = () => gateway.dispatch("READY", readyPayload());
    await client.connect();
    client.on("typingStart", () => {
      throw new Error("listener");
    });
    gateway.dispatch("TYPING_START", { channel_id: "500" });
    const execute = () => Promise.reject(new Error("handler"));
    client.commands.add(defineCommand({ name: "test", description: "x", execute }));
    gateway.dispatch("INTERACTION_CREATE", { ...commandInteraction("test"), id: "42" });
    await clock.advance(0);
    rest.answer = () => {
      throw httpError(404);
    };
    await client.getChannel("501").catch(() => {});
    expect(errorHandler.history().map(({ context }) => context)).toMatchObject([
      { code: "CORE_TOKEN_REJECTED", severity: "fatal" },
      { message: "listener" },
      { message: "handler", guildId: "400", channelId: "500", userId: "300", requestId: "42" },
      { code: "CORE_CHANNEL_NOT_FOUND", channelId: "501" },
    ]);
  });
});
