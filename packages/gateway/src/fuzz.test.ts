import { peekDispatchHeader, type GatewayInfo } from "@antiphon/protocol/discord";
import { createManualClock, createSeededRandom, type Random } from "@antiphon/std";
import { afterEach, expect, test } from "vitest";
import { createGateway, type Gateway } from "./gateway.ts";
import type { GatewaySocketHandlers } from "./gateway-socket.ts";

/** How many payloads; set ANTIPHON_FUZZ_RUNS to 1000000 for the long run. */
const RUNS = Number(process.env["ANTIPHON_FUZZ_RUNS"] ?? 50_000);
const info: GatewayInfo = {
  url: "wss://main.example/",
  shards: 1,
  session_start_limit: { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 },
};

const opened: Gateway[] = [];
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close();
});

/** A gateway on a socket that the test speaks on. */
async function openGateway(compression: "none" | "zlib-stream" | "zstd-stream") {
  const clock = createManualClock();
  let handlers: GatewaySocketHandlers | undefined;
  const gateway = createGateway({
    token: "token",
    intents: 0,
    gatewayInfo: () => Promise.resolve(info),
    compression,
    clock,
    random: createSeededRandom(1),
    openSocket(_url, own) {
      handlers = own;
      const end = () => own.onClosed(1006, undefined);
      return { send: () => {}, close: end, abort: end };
    },
  });
  opened.push(gateway);
  gateway.subscribe(() => {});
  void gateway.connect().catch(() => {});
  await clock.advance(0);
  const say = (message: Buffer | string) => handlers?.onMessage(Buffer.from(message));
  return { gateway, clock, say, lose: () => handlers?.onClosed(1006, undefined) };
}

const hello = '{"op":10,"d":{"heartbeat_interval":40000}}';
const ready = '{"t":"READY","s":1,"op":0,"d":{"session_id":"a","resume_gateway_url":"wss://own.example"}}';
const text = (random: Random) =>
  Array.from({ length: random.integer(0, 12) }, () => random.integer(32, 0x2fff))
    .map((code) => String.fromCodePoint(code))
    .join("");

function value(random: Random, depth: number): unknown {
  switch (random.integer(0, depth > 3 ? 5 : 7)) {
    case 0:
      return null;
    case 1:
      return random.next() < 0.5;
    case 2:
      return random.integer(-(2 ** 31), 2 ** 31);
    case 3:
      return random.next() * 1e300;
    case 4:
      return text(random);
    case 5:
      return "9".repeat(random.integer(1, 40));
    case 6:
      return Array.from({ length: random.integer(0, 4) }, () => value(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.integer(0, 4) }, () => [
          random.pick(["t", "s", "op", "d", "id", text(random)]),
          value(random, depth + 1),
        ]),
      );
  }
}

test("the decoder takes frames of any shape: what is no frame is counted, and events go on", async () => {
  const { gateway, clock, say } = await openGateway("none");
  const random = createSeededRandom(7);
  say(hello);
  await clock.advance(0);
  say(ready);
  const runs = Math.min(RUNS, 20_000);
  for (let run = 0; run < runs; run++) {
    const frame = JSON.stringify(value(random, 0)) ?? "";
    say(random.next() < 0.3 ? frame.slice(0, random.integer(0, frame.length)) : frame);
  }
  const noise = Buffer.from(Array.from({ length: 4_096 }, () => random.integer(0, 255)));
  for (let at = 0; at < noise.length; at += 64) say(noise.subarray(at, at + 64));
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  say(`{"t":"DEEP","s":2,"op":0,"d":${deep}}`);
  say(deep);
  say(`{"t":"${"LONG".repeat(100_000)}","s":3,"op":0,"d":null}`);
  say(`{"t":"HUGE_ID","s":4,"op":0,"d":{"id":${"9".repeat(10_000)},"guild_id":"${"9".repeat(10_000)}"}}`);
  const types: string[] = [];
  gateway.subscribe(({ type }) => types.push(type));
  say('{"t":"AFTER","s":5,"op":0,"d":{}}');
  expect(types).toEqual(["AFTER"]);
  const [shard] = gateway.getStats().shards;
  expect(shard?.status).toBe("ready");
  expect(shard?.malformedFrames).toBeGreaterThan(runs / 2);
  expect(gateway.getStats().subscriberErrors).toBe(0);
});

test.each(["zlib-stream", "zstd-stream"] as const)(
  "%s: bytes that are no stream end the connection, not the process",
  async (compression) => {
    const { gateway, clock, say, lose } = await openGateway(compression);
    const random = createSeededRandom(11);
    for (let run = 0; run < 200; run++) {
      say(Buffer.from(Array.from({ length: random.integer(1, 300) }, () => random.integer(0, 255))));
      lose();
      await clock.advance(30_000);
    }
    const [shard] = gateway.getStats().shards;
    expect(shard?.connections).toBeGreaterThan(50);
    expect(shard?.dispatches).toBe(0);
  },
);

test("the header peek agrees with JSON.parse on whatever it reads", () => {
  const random = createSeededRandom(13);
  let read = 0;
  for (let run = 0; run < RUNS; run++) {
    const type = random.pick(["MESSAGE_CREATE", "A", "GUILD_MEMBERS_CHUNK", "READY", text(random), ""]);
    const sequence = random.pick([run, 0, null, -run, run + 0.5, Number.MAX_SAFE_INTEGER]);
    const op = random.pick([0, 0, 0, 0, 1, 10]);
    const d = value(random, 1);
    const frame = random.next() < 0.8 ? { t: type, s: sequence, op, d } : { op, s: sequence, t: type, d };
    const json = JSON.stringify(frame);
    const header = peekDispatchHeader(Buffer.from(json));
    if (header === undefined) continue;
    read++;
    const parsed = JSON.parse(json) as typeof frame;
    if (header.type !== parsed.t || header.sequence !== parsed.s || parsed.op !== 0) expect(header).toEqual(parsed);
  }
  expect(read).toBeGreaterThan(RUNS / 20);
});
