import type { Dispatch, GatewayInfo } from "@antiphon/protocol/discord";
import { createManualClock, createSeededRandom, silentLogger, waitFor } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { createGateway } from "./gateway.ts";
import type { GatewayOptions } from "./gateway-options.ts";
import { createMemorySessionStore } from "./session-store.ts";
import type { GatewaySocketHandlers, OpenGatewaySocket } from "./gateway-socket.ts";

const INTERVAL_MS = 40_000;
const info: GatewayInfo = {
  url: "wss://main.example/",
  shards: 1,
  session_start_limit: { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 },
};

/** One socket as the server sees it. */
interface FakeSocket {
  readonly url: string;
  readonly sent: readonly { readonly op: number; readonly d: unknown }[];
  /** The code with which the client closed it. */
  readonly closedWith: number | undefined;
  say(frame: unknown): void;
  sayRaw(text: string): void;
  lose(code?: number, reason?: string): void;
}

function setUp(options: Partial<GatewayOptions> = {}) {
  const clock = createManualClock();
  const sockets: FakeSocket[] = [];
  const open = (url: string, { onMessage, onClosed }: GatewaySocketHandlers) => {
    const sent: { op: number; d: unknown }[] = [];
    let closedWith: number | undefined;
    sockets.push({
      url,
      sent,
      get closedWith() {
        return closedWith;
      },
      say: (frame) => onMessage(Buffer.from(JSON.stringify(frame))),
      sayRaw: (text) => onMessage(Buffer.from(text)),
      lose: (code = 1006, reason) => onClosed(code, reason),
    });
    return {
      send: (text: string) => void sent.push(JSON.parse(text) as { op: number; d: unknown }),
      close(code: number) {
        closedWith = code;
        onClosed(code, undefined);
      },
      abort: () => onClosed(1006, undefined),
    };
  };
  const gateway = createGateway({
    token: "the-token",
    intents: 513,
    gatewayInfo: () => Promise.resolve(info),
    compression: "none",
    clock,
    random: createSeededRandom(3),
    openSocket: open,
    ...options,
  });
  const dispatches: Dispatch[] = [];
  gateway.subscribe((dispatch) => dispatches.push(dispatch));
  const newest = () => sockets.at(-1) as FakeSocket;
  const hello = () => newest().say({ op: 10, d: { heartbeat_interval: INTERVAL_MS } });
  const login = async () => {
    const connected = gateway.connect();
    await clock.advance(0);
    hello();
    await clock.advance(0);
    newest().say({ op: 0, t: "READY", s: 1, d: { session_id: "abc", resume_gateway_url: "wss://own.example" } });
    await connected;
  };
  return { clock, sockets, gateway, dispatches, newest, hello, login };
}

describe("createGateway", () => {
  it("identifies with what it was given, after HELLO", async () => {
    const { sockets, newest, login } = setUp({ presence: { status: "idle" }, largeThreshold: 250 });
    await login();
    expect(newest().url).toBe("wss://main.example/?v=10&encoding=json");
    expect(sockets).toHaveLength(1);
    expect(newest().sent).toEqual([
      {
        op: 2,
        d: {
          token: "the-token",
          intents: 513,
          properties: { os: process.platform, browser: "antiphon", device: "antiphon" },
          presence: { status: "idle" },
          large_threshold: 250,
          shard: [0, 1],
        },
      },
    ]);
  });

  it.each([[1006], [4000], [4001]])(
    "resumes as soon as the next HELLO is here after %i, with no pause",
    async (code) => {
      const { clock, newest, hello, login } = setUp({ compression: "none" });
      await login();
      const before = clock.monotonicMs();
      newest().say({ op: 0, t: "MESSAGE_CREATE", s: 2, d: {} });
      newest().lose(code);
      expect(newest().url).toBe("wss://own.example/?v=10&encoding=json");
      hello();
      expect(newest().sent).toEqual([{ op: 6, d: { token: "the-token", session_id: "abc", seq: 2 } }]);
      expect(clock.monotonicMs()).toBe(before);
    },
  );

  it("pauses after 4008 before it resumes, since it had sent too much", async () => {
    const { clock, sockets, newest, login } = setUp();
    await login();
    newest().lose(4008);
    await clock.advance(999);
    expect(sockets).toHaveLength(1);
    await clock.advance(4_001);
    expect(newest().url).toContain("own.example");
  });

  it.each([
    [4000, true, false],
    [4001, true, true],
    [4002, true, true],
    [4003, false, true],
    [4005, true, true],
    [4009, false, false],
    [4004, false, false],
  ])(
    "tells of %i whether a resume is possible (%s), and whether it is our own defect (%s)",
    async (code, isResumable, isOwnDefect) => {
      const errors: string[] = [];
      const logger = { ...silentLogger, error: (message: string) => void errors.push(message) };
      const { clock, gateway, sockets, newest, login } = setUp({ logger });
      await login();
      const told = waitFor(gateway, "disconnected");
      newest().lose(code, "because");
      const { error } = await told;
      expect(error).toMatchObject({
        code: "GATEWAY_DISCONNECTED",
        details: { shardId: 0, closeCode: code, reason: "because", isResumable, isOwnDefect },
      });
      expect(error.message.includes("report it")).toBe(isOwnDefect);
      expect(errors.length > 0).toBe(isOwnDefect);
      await clock.advance(0);
      expect(sockets).toHaveLength(code === 4004 ? 1 : 2);
      if (code !== 4004) expect(newest().url).toContain(isResumable ? "own.example" : "main.example");
      await gateway.close();
    },
  );

  it.each([
    [4010, "shard 0 of 1", { shardId: 0, shardCount: 1 }],
    [4012, "Update @antiphon/gateway", {}],
    [4013, "33283 (bits 1000001000000011)", { intents: 33_283 }],
    [4014, "GUILD_MEMBERS, MESSAGE_CONTENT", { privilegedIntents: ["GUILD_MEMBERS", "MESSAGE_CONTENT"] }],
  ])("ends at %i and says what was wrong: %s", async (code, text, details) => {
    const { gateway, sockets, newest, login } = setUp({ intents: 1 | (1 << 1) | (1 << 9) | (1 << 15) });
    await login();
    newest().lose(code);
    const reason = await gateway.closed;
    expect(reason).toMatchObject({ kind: "fatal", error: { details: { closeCode: code, ...details } } });
    expect(reason.kind === "fatal" && reason.error.message).toContain(text);
    expect(sockets).toHaveLength(1);
  });

  it("asks for the same compression when it resumes", async () => {
    const { newest, gateway, clock } = setUp({ compression: "zstd-stream" });
    void gateway.connect().catch(() => {});
    await clock.advance(0);
    expect(newest().url).toBe("wss://main.example/?v=10&encoding=json&compress=zstd-stream");
    await gateway.close();
  });

  it("goes back into voice at the pace of commands when the new session knows its guilds, and not for one that is over", async () => {
    const guilds = Array.from({ length: 150 }, (_, index) => ({ id: String((BigInt(index) << 22n) + 1n) }));
    const { clock, gateway, newest, hello, login } = setUp();
    await login();
    /** Lets time pass on a connection whose heartbeats are answered. */
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        newest().say({ op: 11 });
        await clock.advance(1_000);
      }
    };
    const commands = () => newest().sent.filter(({ op }) => op === 4);
    for (const { id } of guilds)
      void gateway.send(id, {
        op: 4,
        d: { guild_id: id, channel_id: "7", self_mute: true, self_deaf: false },
      });
    await pass(61);
    const beginAnew = async () => {
      newest().say({ op: 9, d: false });
      await clock.advance(5_000);
      hello();
      await clock.advance(5_000);
      const d = { session_id: "new", resume_gateway_url: "wss://own.example", user: { id: "1" }, guilds };
      newest().say({ op: 0, t: "READY", s: 1, d });
    };
    await beginAnew();
    guilds.slice(1).forEach((guild, index) => newest().say({ op: 0, t: "GUILD_CREATE", s: 2 + index, d: guild }));
    await clock.advance(0);
    expect(commands()).toEqual([]);
    // One that Discord itself has lost is not waited for.
    await pass(30);
    const atOnce = commands().length;
    expect(atOnce).toBeGreaterThan(50);
    expect(atOnce).toBeLessThan(120);
    expect(commands()[0]?.d).toEqual({ guild_id: guilds[0]?.id, channel_id: "7", self_mute: true, self_deaf: false });
    // Another session begins meanwhile; what was to be sent on the first is not sent twice.
    await beginAnew();
    guilds.forEach((guild, index) => newest().say({ op: 0, t: "GUILD_CREATE", s: 2 + index, d: guild }));
    await pass(30);
    expect(commands()).toHaveLength(atOnce);
    await pass(61);
    expect(commands().map(({ d }) => (d as { guild_id: string }).guild_id)).toEqual(guilds.map(({ id }) => id));
    await gateway.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it("notices a dead connection by a missing acknowledgement, closes it resumably, and resumes", async () => {
    const { clock, sockets, login } = setUp();
    await login();
    while (sockets.length < 2) await clock.advance(1_000);
    expect(clock.monotonicMs()).toBeLessThanOrEqual(2 * INTERVAL_MS);
    expect(sockets[0]?.closedWith).toBeGreaterThanOrEqual(4000);
    expect(sockets[0]?.sent.filter(({ op }) => op === 1)).toEqual([{ op: 1, d: 1 }]);
    expect(sockets[1]?.url).toContain("own.example");
  });

  it("stays on a connection whose heartbeats are answered", async () => {
    const { clock, sockets, newest, login, gateway } = setUp();
    await login();
    for (let beat = 0; beat < 5; beat++) {
      await clock.advance(INTERVAL_MS);
      newest().say({ op: 11 });
    }
    expect(sockets).toHaveLength(1);
    expect(gateway.latencyMs).toBeGreaterThanOrEqual(0);
  });

  it("drops what is no frame, counts it, and goes on", async () => {
    const warnings: unknown[] = [];
    const logger = { ...silentLogger, warn: (_message: string, fields?: object) => warnings.push(fields) };
    const { newest, login, dispatches, gateway } = setUp({ logger });
    await login();
    for (const text of ["", "{", "null", "[]", '{"op":0}', '{"op":10,"d":null}', "\u0000".repeat(100)])
      newest().sayRaw(text);
    newest().say({ op: 99, d: "something new" });
    newest().say({ op: 0, t: "SOMETHING_NEW", s: 2, d: { any: "thing" } });
    expect(dispatches.at(-1)).toEqual({ type: "SOMETHING_NEW", data: { any: "thing" }, sequence: 2, shardId: 0 });
    expect(gateway.getStats().shards[0]?.malformedFrames).toBe(7);
    expect(warnings).toHaveLength(7);
  });

  it("gives a broken compressed stream up and resumes", async () => {
    const { newest, sockets, gateway, clock } = setUp({ compression: "zlib-stream" });
    void gateway.connect().catch(() => {});
    await clock.advance(0);
    newest().sayRaw("this is not zlib");
    await clock.advance(0);
    expect(sockets).toHaveLength(2);
    await gateway.close();
  });

  it("goes to the main gateway when a stored session's address is of no use", async () => {
    const sessionStore = createMemorySessionStore();
    await sessionStore.save({ shardId: 0, shardCount: 1 }, { id: "abc", resumeUrl: "ftp://nowhere", sequence: 1 });
    const urls: string[] = [];
    const openSocket: OpenGatewaySocket = (url) => {
      urls.push(url);
      if (url.startsWith("ftp:")) throw new SyntaxError("no such protocol");
      return { send: () => {}, close: () => {}, abort: () => {} };
    };
    const { clock, gateway } = setUp({ openSocket, sessionStore });
    void gateway.connect().catch(() => {});
    await clock.advance(10_000);
    expect(urls.at(-1)).toContain("main.example");
  });

  it("ignores what a socket says after it was given up", async () => {
    const { sockets, newest, login, dispatches } = setUp();
    await login();
    const [first] = sockets;
    newest().say({ op: 7 });
    const before = dispatches.length;
    first?.say({ op: 0, t: "MESSAGE_CREATE", s: 2, d: {} });
    first?.lose(4004);
    expect(dispatches).toHaveLength(before);
    expect(sockets).toHaveLength(2);
  });

  it("keeps trying while Discord is away, less and less often, and asks for the address again", async () => {
    let asked = 0;
    const gatewayInfo = () => {
      asked++;
      return Promise.resolve(info);
    };
    const { clock, sockets, newest, gateway } = setUp({ gatewayInfo });
    void gateway.connect().catch(() => {});
    await clock.advance(0);
    const openedAtMs: number[] = [];
    while (sockets.length < 8) {
      openedAtMs.push(clock.monotonicMs());
      const count = sockets.length;
      newest().lose();
      while (sockets.length === count) await clock.advance(100);
    }
    expect(openedAtMs[1]).toBeLessThanOrEqual(100);
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(sockets.length);
    await gateway.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it("lets a listener close the gateway in the middle of a dispatch", async () => {
    const { newest, login, gateway, clock } = setUp();
    await login();
    gateway.subscribe(() => void gateway.close());
    newest().say({ op: 0, t: "MESSAGE_CREATE", s: 2, d: {} });
    expect(await gateway.closed).toEqual({ kind: "requested" });
    expect(newest().closedWith).toBe(1000);
    expect(clock.pendingTimers).toBe(0);
  });

  it("refuses to send for a guild whose id is none", async () => {
    const { gateway, login } = setUp();
    await login();
    const command = { op: 4, d: {} };
    await expect(gateway.send("abc", command)).rejects.toMatchObject({ code: "GATEWAY_INVALID_OPTIONS" });
    await gateway.close();
  });

  it.each([
    [{ intents: -1 }, "intents"],
    [{ intents: 1.5 }, "intents"],
    [{ shardCount: 0 }, "shardCount"],
    [{ shardCount: 2, shardIds: [2] }, "shardIds"],
    [{ largeThreshold: 10 }, "largeThreshold"],
    [{ compression: "gzip" as never }, "compression must be zlib-stream, zstd-stream, none"],
  ] as const)("refuses %j", (options, name) => {
    expect(() => setUp(options)).toThrow(expect.objectContaining({ code: "GATEWAY_INVALID_OPTIONS" }) as Error);
    expect(() => setUp(options)).toThrow(name);
  });
});
