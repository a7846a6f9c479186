import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chirp, createWav, decodePackets, fixture, likeness, readPackets } from "./__fixtures__/chirp.ts";
import { openSource, VoiceSourceError, type OpenSourceOptions } from "./index.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let base: string;
const routes = new Map<string, Handler>();
const seen: IncomingMessage[] = [];

beforeEach(async () => {
  routes.clear();
  seen.length = 0;
  server = createServer((request, response) => {
    seen.push(request);
    const handler = routes.get(new URL(request.url ?? "/", "http://x").pathname);
    if (handler === undefined) response.writeHead(404).end("nothing here");
    else handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const wav = createWav(chirp(500), 48_000);
const sendWav: Handler = (_request, response) =>
  void response.writeHead(200, { "content-length": wav.length }).end(wav);

async function failureOf(path: string, options: OpenSourceOptions = {}): Promise<VoiceSourceError> {
  try {
    await using source = await openSource({ url: base + path }, options);
    await readPackets(source);
  } catch (error) {
    if (error instanceof VoiceSourceError) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

test("plays what the address answers with, whatever it calls it", async () => {
  routes.set("/a", (_request, response) =>
    response.writeHead(200, { "content-type": "text/html", "content-length": wav.length }).end(wav),
  );
  await using source = await openSource({ url: `${base}/a?token=secret` });
  expect(source.info).toMatchObject({ format: "wav", durationMs: 500, isLive: false });
  const [left] = decodePackets(await readPackets(source));
  expect(likeness(chirp(500)[0], left).ratio).toBeGreaterThan(0.98);
});

test("reads no faster than it plays", async () => {
  const large = createWav(chirp(60_000, 48_000), 48_000);
  routes.set("/large", (_request, response) => response.writeHead(200, { "content-length": large.length }).end(large));
  await using source = await openSource({ url: `${base}/large` });
  await source.next();
  const { socket } = seen[0] as IncomingMessage;
  // What was not read stays with the server, apart from what the kernel's buffers hold.
  expect(socket.writableLength).toBeGreaterThan(1_000_000);
});

test("a radio station has no end, and a name", async () => {
  const mp3 = fixture("chirp.mp3").subarray(3000);
  routes.set("/radio", (_request, response) => {
    response.writeHead(200, { "content-type": "audio/mpeg", "icy-name": "Night waves" });
    response.write(mp3);
  });
  await using source = await openSource({ url: `${base}/radio` });
  expect(source.info).toMatchObject({ format: "mp3", durationMs: null, isLive: true, title: "Night waves" });
  expect((await source.next())?.length).toBeGreaterThan(0);
});

test("a radio station's titles are told while it plays, and are not heard", async () => {
  const mp3 = fixture("chirp.mp3");
  const blocks = ["StreamTitle='First';", "", "StreamTitle='Second';"].map((text) => {
    const block = Buffer.alloc(Math.ceil(text.length / 16) * 16);
    block.write(text);
    return Buffer.concat([Buffer.of(block.length / 16), block]);
  });
  routes.set("/titles", (request, response) => {
    expect(request.headers["icy-metadata"]).toBe("1");
    response.writeHead(200, { "content-type": "audio/mpeg", "icy-metaint": "1000" });
    for (let at = 0, index = 0; at < mp3.length; at += 1000, index++) {
      const part = mp3.subarray(at, at + 1000);
      response.write(part.length < 1000 ? part : Buffer.concat([part, blocks[index] ?? Buffer.of(0)]));
    }
    response.end();
  });
  const titles: string[] = [];
  await using station = await openSource({ url: `${base}/titles` }, { onStreamTitle: (title) => titles.push(title) });
  await using file = await openSource({ bytes: mp3 });
  expect(await readPackets(station)).toEqual(await readPackets(file));
  expect(titles).toEqual(["First", "Second"]);
});

describe("parts", () => {
  // Twenty seconds of stereo: 3.8 MB.
  const long = createWav(chirp(20_000), 48_000);
  const sendPart: Handler = (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? Number.NaN);
    const headers = { "accept-ranges": "bytes", etag: '"1"' };
    if (Number.isNaN(start)) response.writeHead(200, { ...headers, "content-length": long.length }).end(long);
    else {
      const range = `bytes ${start}-${long.length - 1}/${long.length}`;
      response.writeHead(206, { ...headers, "content-range": range }).end(long.subarray(start));
    }
  };

  test("are asked for when a place is far away, and what lies before it is not fetched", async () => {
    routes.set("/long", sendPart);
    await using source = await openSource({ url: `${base}/long` }, { startMs: 19_500 });
    const [left] = decodePackets(await readPackets(source));
    expect(likeness(chirp(500, 48_000, 19_500)[0], left).ratio).toBeGreaterThan(0.98);
    expect(seen.map(({ headers }) => [headers.range, headers["if-range"]])).toEqual([
      [undefined, undefined],
      [`bytes=${44 + 19_500 * 192}-`, '"1"'],
    ]);
  });

  test("are not asked for when the place is near", async () => {
    routes.set("/long", sendPart);
    await using source = await openSource({ url: `${base}/long` }, { startMs: 500 });
    expect((await source.next())?.length).toBeGreaterThan(0);
    expect(seen.length).toBe(1);
  });

  test("give the length of Ogg, whose end tells it", async () => {
    const ogg = fixture("chirp.opus");
    routes.set("/ogg", (request, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const range = `bytes ${start}-${ogg.length - 1}/${ogg.length}`;
      const headers = { "accept-ranges": "bytes", "content-length": ogg.length - start, "content-range": range };
      response.writeHead(request.headers.range === undefined ? 200 : 206, headers).end(ogg.subarray(start));
    });
    await using source = await openSource({ url: `${base}/ogg` });
    await using file = await openSource({ bytes: ogg });
    expect(source.info.durationMs).toBe(file.info.durationMs);
    expect(await readPackets(source)).toEqual(await readPackets(file));
  });

  test("that a server promises and does not give are read up to", async () => {
    routes.set("/long", (_request, response) =>
      response.writeHead(200, { "accept-ranges": "bytes", "content-length": long.length }).end(long),
    );
    await using source = await openSource({ url: `${base}/long` }, { startMs: 19_500 });
    const [left] = decodePackets(await readPackets(source));
    expect(likeness(chirp(500, 48_000, 19_500)[0], left).ratio).toBeGreaterThan(0.98);
  });

  test("of another file than before are refused, and so are addresses to which a part redirects", async () => {
    routes.set("/long", (request, response) => {
      if (request.headers.range === undefined) sendPart(request, response);
      else response.writeHead(206, { "content-range": "bytes 5-9/10" }).end("other");
    });
    expect(await failureOf("/long", { startMs: 19_500 })).toMatchObject({
      code: "SOURCE_UNREACHABLE",
      retryable: true,
    });
    const { port } = server.address() as AddressInfo;
    routes.set("/away", (request, response) => {
      if (request.headers.range === undefined) sendPart(request, response);
      else response.writeHead(302, { location: `http://127.0.0.2:${port}/long` }).end();
    });
    const isAddressAllowed = (address: string) => address === "127.0.0.1";
    expect(await failureOf("/away", { startMs: 19_500, isAddressAllowed })).toMatchObject({
      code: "SOURCE_ADDRESS_REFUSED",
    });
  });
});

test("a body without a size ends at the cap; a radio station goes on", async () => {
  const large = createWav(chirp(2_000), 48_000);
  const send =
    (headers: Readonly<Record<string, string>>): Handler =>
    (_request, response) => {
      response.writeHead(200, headers);
      response.write(large);
      response.end();
    };
  routes.set("/endless", send({}));
  routes.set("/station", send({ "icy-name": "Night waves" }));
  expect(await failureOf("/endless", { maximumBytes: 100_000 })).toMatchObject({ code: "SOURCE_TOO_LARGE" });
  await using station = await openSource({ url: `${base}/station` }, { maximumBytes: 100_000 });
  expect((await readPackets(station)).length).toBeGreaterThanOrEqual(100);
});

test("closing while it waits for the network is no failure", async () => {
  routes.set("/slow", (_request, response) => {
    response.writeHead(200, { "content-length": wav.length });
    response.write(wav.subarray(0, 10_000));
  });
  const source = await openSource({ url: `${base}/slow` });
  const reading = readPackets(source);
  await source.close();
  await reading;
});

describe("redirects", () => {
  const redirect =
    (location: string): Handler =>
    (_request, response) =>
      void response.writeHead(302, { location }).end("moved");

  test("are followed, relative ones too", async () => {
    routes.set("/1", redirect("/2"));
    routes.set("/2", redirect(`${base}/3`));
    routes.set("/3", sendWav);
    await using source = await openSource({ url: `${base}/1` });
    expect(source.info.format).toBe("wav");
  });

  test("end somewhere", async () => {
    routes.set("/loop", redirect("/loop"));
    expect(await failureOf("/loop", { maximumRedirects: 3 })).toMatchObject({ code: "SOURCE_TOO_MANY_REDIRECTS" });
    expect(seen.length).toBe(4);
  });

  test("lead to no other protocol, and to no address that is refused", async () => {
    routes.set("/file", redirect("file:///etc/passwd"));
    expect(await failureOf("/file")).toMatchObject({ code: "SOURCE_INVALID_URL" });
    const { port } = server.address() as AddressInfo;
    routes.set("/inside", redirect(`http://127.0.0.2:${port}/wav`));
    const failure = await failureOf("/inside", { isAddressAllowed: (address) => address === "127.0.0.1" });
    expect(failure).toMatchObject({ code: "SOURCE_ADDRESS_REFUSED" });
    expect(seen.length).toBe(2);
  });
});

describe("addresses", () => {
  test("are asked about by number, and by what their name resolves to", async () => {
    const asked: string[] = [];
    const isAddressAllowed = (address: string) => {
      asked.push(address);
      return false;
    };
    expect(await failureOf("/", { isAddressAllowed })).toMatchObject({ code: "SOURCE_ADDRESS_REFUSED" });
    const { port } = server.address() as AddressInfo;
    await expect(openSource({ url: `http://localhost:${port}/` }, { isAddressAllowed })).rejects.toMatchObject({
      code: "SOURCE_ADDRESS_REFUSED",
    });
    await expect(openSource({ url: `http://0x7f.1:${port}/` }, { isAddressAllowed })).rejects.toMatchObject({
      code: "SOURCE_ADDRESS_REFUSED",
    });
    expect(new Set(asked)).toContain("127.0.0.1");
    expect(seen.length).toBe(0);
  });

  test.each(["ftp://x/y", "nonsense", "file:///etc/passwd"])("%s is none that can be fetched", async (url) => {
    await expect(openSource({ url })).rejects.toMatchObject({ code: "SOURCE_INVALID_URL" });
  });

  test("where nobody listens cannot be reached", async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expect(openSource({ url: `http://127.0.0.1:${port}/` })).rejects.toMatchObject({
      code: "SOURCE_UNREACHABLE",
      retryable: true,
    });
    server = createServer().listen(0, "127.0.0.1");
  });
});

describe("answers", () => {
  test.each([
    [404, "SOURCE_NOT_FOUND", false],
    [403, "SOURCE_HTTP_STATUS", false],
    [206, "SOURCE_HTTP_STATUS", false],
    [503, "SOURCE_HTTP_STATUS", true],
  ])("HTTP %i is %s", async (status, code, retryable) => {
    routes.set("/x", (_request, response) => void response.writeHead(status).end());
    const failure = await failureOf("/x?token=secret");
    expect(failure).toMatchObject({ code, retryable });
    expect(failure.message).toContain(`${base}/x`);
    expect(failure.message).not.toContain("secret");
  });

  test("a web page is no audio", async () => {
    routes.set("/page", (_request, response) =>
      response.writeHead(200, { "content-type": "audio/mpeg" }).end("<html>Sign in</html>"),
    );
    const failure = await failureOf("/page");
    expect(failure.code).toBe("SOURCE_NOT_AUDIO");
    expect(failure.message).toBe(
      `The address ${base}/page answered with a web page instead of audio. Use a direct link to a WAV, MP3, FLAC, Ogg/Opus, WebM/Opus or Ogg/Vorbis file.`,
    );
  });

  test("an empty one is empty, and a huge one is not begun", async () => {
    routes.set("/empty", (_request, response) => void response.writeHead(200).end());
    expect(await failureOf("/empty")).toMatchObject({ code: "SOURCE_EMPTY" });
    routes.set("/wav", sendWav);
    expect(await failureOf("/wav", { maximumBytes: 1000 })).toMatchObject({ code: "SOURCE_TOO_LARGE" });
  });
});

describe("an address that hangs", () => {
  const timeouts = { openTimeoutMs: 150, readTimeoutMs: 150 };

  test("before its headers", async () => {
    routes.set("/hang", () => {});
    expect(await failureOf("/hang", timeouts)).toMatchObject({ code: "SOURCE_TIMED_OUT", retryable: true });
  });

  test("before its body", async () => {
    routes.set("/hang", (_request, response) => response.writeHead(200).flushHeaders());
    expect(await failureOf("/hang", timeouts)).toMatchObject({ code: "SOURCE_TIMED_OUT" });
  });

  test("in the middle", async () => {
    routes.set("/hang", (_request, response) => {
      response.writeHead(200, { "content-length": wav.length });
      response.write(wav.subarray(0, 20_000));
    });
    expect(await failureOf("/hang", timeouts)).toMatchObject({ code: "SOURCE_TIMED_OUT" });
  });

  test("ends at once when its caller gives up", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    routes.set("/hang", () => controller.abort(reason));
    await expect(openSource({ url: `${base}/hang` }, { signal: controller.signal })).rejects.toBe(reason);
  });
});

test("a connection that breaks in the middle is reported", async () => {
  routes.set("/broken", (_request, response) => {
    response.writeHead(200, { "content-length": wav.length });
    response.write(wav.subarray(0, 20_000), () => response.destroy());
  });
  expect(await failureOf("/broken")).toMatchObject({ code: "SOURCE_UNREACHABLE" });
});
