import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { isAntiphonError } from "@antiphon/std";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRest, RestError, type Rest } from "../src/index.ts";
import { readBucketHeaders, readRateLimit } from "../src/rate-limit-headers.ts";
import { httpError } from "../src/rest-error.ts";

/** How many of each; with it the seed is another one each time, and printed when something fails. */
const RUNS = process.env["ANTIPHON_FUZZ_RUNS"];
const fuzz = (numRuns: number, seed: number) => (RUNS === undefined ? { numRuns, seed } : { numRuns: Number(RUNS) });
const TIMEOUT_MS = 60_000 + Number(RUNS ?? 0) * 200;

let server: Server;
let api: string;
let rest: Rest;
let nextRoute = 0;
/** What the server writes to each request, as it is; or what it does with the socket. */
let answer: Buffer | ((socket: Socket) => void);

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => (typeof answer === "function" ? answer(socket) : socket.end(answer)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  rest = createRest({ token: "the-token", api, retries: 0, rateLimitWaitLimitMs: 0, timeoutMs: 20_000 });
});

afterEach(async () => {
  await rest.close();
  await new Promise((resolve) => server.close(resolve));
});

const respond = (status: number, body: Buffer | string, type = "application/json", extra = ""): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} X\r\ncontent-type: ${type}\r\nconnection: close\r\ncontent-length: `),
    Buffer.from(`${Buffer.byteLength(body)}\r\n${extra}\r\n`),
    Buffer.from(body),
  ]);

/** Sends one request and gives its result, or the typed error it must otherwise end with. */
async function outcome(client = rest, path = `/x/${nextRoute++}`): Promise<unknown> {
  // Each has a route of its own, so that none waits for what another learned.
  return client.request("GET", path).catch((error: unknown) => {
    expect(error).toBeInstanceOf(RestError);
    expect(isAntiphonError(error)).toBe(true);
    expect((error as Error).message.length).toBeLessThan(20_000);
    return error;
  });
}

const codeOf = (value: unknown) => (value as { readonly code?: unknown }).code;

describe("answers that are not what Discord sends", () => {
  it(
    "end in a typed error, whatever bytes they are",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
          answer = Buffer.from(bytes);
          expect(codeOf(await outcome())).toBe("REST_NETWORK_FAILED");
        }),
        fuzz(60, 1),
      );
    },
    TIMEOUT_MS,
  );

  it("end in a typed error wherever they are cut off", async () => {
    const whole = respond(200, JSON.stringify({ id: "1300000000000000000", content: "hello" }));
    for (let length = 0; length < whole.length; length += 3) {
      answer = whole.subarray(0, length);
      expect(codeOf(await outcome())).toBe("REST_NETWORK_FAILED");
    }
    answer = whole;
    expect(await outcome()).toMatchObject({ content: "hello" });
  });

  it(
    "end in a result or a typed error, whatever status, type and body they have",
    async () => {
      const statuses = fc.constantFrom(200, 201, 204, 301, 400, 401, 403, 404, 429, 500, 503, 599);
      const types = fc.constantFrom("application/json", "text/html", "application/json; charset=utf-16", "");
      const bodies = fc.oneof(
        fc.json(),
        fc.string(),
        fc.constantFrom("<html><h1>502</h1></html>", "{", "null", "[]", '"x"', "1e999", '{"retry_after":"soon"}'),
        fc.record({ code: fc.anything(), message: fc.anything(), errors: fc.object() }).map((value) => {
          try {
            return JSON.stringify(value);
          } catch {
            return "{}";
          }
        }),
      );
      await fc.assert(
        fc.asyncProperty(statuses, types, bodies, async (status, type, body) => {
          answer = respond(status, body, type);
          await outcome();
        }),
        fuzz(150, 2),
      );
    },
    TIMEOUT_MS,
  );

  it(
    "end in a result or a typed error when bytes of a good one are lost, doubled or others",
    async () => {
      const whole = respond(200, JSON.stringify({ id: "1300000000000000000", content: "hello" }));
      const chunked = Buffer.from(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n7\r\n{"id":1\r\n1\r\n}\r\n0\r\n\r\n',
      );
      const change = fc.record({ at: fc.nat(400), kind: fc.constantFrom("lose", "double", "set"), byte: fc.nat(255) });
      const changes = fc.array(change, { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(whole, chunked), changes, async (good, list) => {
          const bytes = [...good];
          for (const { at, kind, byte } of list) {
            const index = at % bytes.length;
            if (kind === "lose") bytes.splice(index, 1);
            else if (kind === "double") bytes.splice(index, 0, bytes[index] as number);
            else bytes[index] = byte;
          }
          answer = Buffer.from(bytes);
          await outcome();
        }),
        fuzz(100, 5),
      );
    },
    TIMEOUT_MS,
  );

  it(
    "hold nothing up with headers that make no sense",
    async () => {
      const nonsense = fc.constantFrom(
        "-1",
        "NaN",
        "1e400",
        "-0",
        "",
        "0",
        "0.5",
        "soon",
        "0x10",
        "9".repeat(400),
        "1, 2",
      );
      const names = ["limit", "remaining", "reset-after", "reset", "bucket", "scope", "global"].map(
        (name) => `x-ratelimit-${name}`,
      );
      const extras = fc.dictionary(fc.constantFrom(...names, "retry-after", "keep-alive"), nonsense);
      const statuses = fc.constantFrom(200, 204, 404, 429, 500, 503);
      const body = fc.constantFrom(
        "{}",
        '{"retry_after":-1}',
        '{"retry_after":1e400}',
        '{"global":true}',
        "<html>",
        "",
      );
      await fc.assert(
        fc.asyncProperty(statuses, body, extras, async (status, text, headers) => {
          const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
          answer = respond(status, status === 204 ? "" : text, "application/json", lines.join(""));
          const retryPolicies = { reads: { retries: 1, baseMs: 1, maximumMs: 1 } };
          await using client = createRest({ token: "t", api, retryPolicies, rateLimitWaitLimitMs: 20 });
          // The second one meets whatever the first one taught the limiter; either would time out if it waited.
          await outcome(client, "/same");
          await outcome(client, "/same");
          expect(client.getStats().requests).toBeLessThanOrEqual(10);
        }),
        fuzz(100, 6),
      );
    },
    TIMEOUT_MS,
  );

  it(
    "are cut off when they are larger than anything that Discord says",
    async () => {
      const announcedBytes = 300 * 1024 * 1024;
      let sentBytes = 0;
      answer = (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${announcedBytes}\r\n\r\n`);
        const piece = Buffer.alloc(256 * 1024, "[");
        const write = () => {
          while (!socket.destroyed && sentBytes < announcedBytes) {
            sentBytes += piece.length;
            if (!socket.write(piece)) return void socket.once("drain", write);
          }
        };
        write();
      };
      const error = await outcome();
      expect(error).toMatchObject({ code: "REST_INVALID_RESPONSE", retryable: false });
      expect((error as Error).message).toContain("larger than 64 MiB");
      expect(sentBytes).toBeLessThan(announcedBytes);
    },
    TIMEOUT_MS,
  );

  it("do not make messages longer than somebody would read", async () => {
    const long = "x".repeat(100_000);
    const errors = { [long]: { _errors: [{ code: long, message: long }] } };
    answer = respond(400, JSON.stringify({ code: 50_035, message: long, errors }));
    expect(await outcome()).toMatchObject({ code: "REST_HTTP_ERROR", details: { discordCode: 50_035 } });
  });

  it("are read when they are deep, and refused when they are too deep for JSON", async () => {
    for (const depth of [10, 5_000, 2_000_000]) {
      answer = respond(200, `${"[".repeat(depth)}${"]".repeat(depth)}`);
      const result = await outcome();
      expect(Array.isArray(result) || codeOf(result) === "REST_INVALID_RESPONSE").toBe(true);
      answer = respond(400, `{"code":50035,"message":"x","errors":${'{"a":'.repeat(1_000)}1${"}".repeat(1_000)}}`);
      expect(codeOf(await outcome())).toBe("REST_HTTP_ERROR");
    }
  });

  it("keep ids as texts, however large", async () => {
    const id = "9".repeat(5_000);
    answer = respond(200, JSON.stringify({ id }));
    expect(await outcome()).toEqual({ id });
  });

  it("cannot make a client wait for ever by its headers", async () => {
    const extra =
      "x-ratelimit-bucket: a\r\nx-ratelimit-limit: 1e308\r\nx-ratelimit-remaining: -5\r\nx-ratelimit-reset-after: 1e308\r\n";
    answer = respond(200, "{}", "application/json", extra);
    expect(await outcome()).toEqual({});
    answer = respond(429, "{}", "application/json", "retry-after: 1e308\r\n");
    expect(codeOf(await outcome())).toBe("REST_RATE_LIMITED");
  });
});

describe("readers of headers and errors", () => {
  const headers = fc.dictionary(
    fc.constantFrom(
      "x-ratelimit-bucket",
      "x-ratelimit-limit",
      "x-ratelimit-remaining",
      "x-ratelimit-reset-after",
      "retry-after",
    ),
    fc.oneof(fc.string(), fc.double().map(String), fc.array(fc.string())),
  );

  it(
    "give sensible numbers or nothing",
    () => {
      fc.assert(
        fc.property(headers, fc.anything(), (given, body) => {
          const bucket = readBucketHeaders(given);
          if (bucket !== undefined) {
            expect(bucket.limit).toBeGreaterThanOrEqual(1);
            expect(bucket.remaining).toBeGreaterThanOrEqual(0);
            expect(bucket.resetAfterMs).toBeLessThanOrEqual(24 * 60 * 60 * 1_000);
          }
          const { retryAfterMs } = readRateLimit(given, body);
          expect(retryAfterMs >= 0 && retryAfterMs <= 24 * 60 * 60 * 1_000).toBe(true);
        }),
        fuzz(2_000, 3),
      );
    },
    TIMEOUT_MS,
  );

  it(
    "make an error of any body",
    () => {
      fc.assert(
        fc.property(fc.anything(), fc.integer({ min: 400, max: 599 }), (body, status) => {
          const error = httpError({ method: "GET", path: "/x" }, status, body);
          expect(error.details["status"]).toBe(status);
          expect(error.message.length).toBeGreaterThan(0);
        }),
        fuzz(2_000, 4),
      );
    },
    TIMEOUT_MS,
  );
});
