import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createSandbox, type SandboxLogLine, type SandboxOptions } from "@antiphon/security/sandbox";
import { afterEach, describe, expect, test } from "vitest";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]();
});

/** Generous: what is slow here is the machine. */
function sandboxOf(options: SandboxOptions = {}) {
  const sandbox = createSandbox({ timeoutMs: 20_000, ...options });
  open.push(sandbox);
  return sandbox;
}

/** Runs an expression, or the body of a function that ends with `return`. */
async function evaluate(body: string, options?: SandboxOptions) {
  const code = body.includes("return") ? body : `return ${body}`;
  return (await sandboxOf(options).run(`export default async () => { ${code} }`)).value;
}

describe("createSandbox", { timeout: 180_000 }, () => {
  test("calls an exported function with plain values and gives back what it returns", async () => {
    const sandbox = sandboxOf();
    const source = `
      export const search = async ({ query }, limit) => Array.from({ length: limit }, (_, i) => ({ title: query + i }));
      export default () => undefined;`;
    const { value } = await sandbox.run(source, { functionName: "search", arguments: [{ query: "song " }, 2] });
    expect(value).toEqual([{ title: "song 0" }, { title: "song 1" }]);
    expect((await sandbox.run(source)).value).toBeNull();
    await expect(sandbox.run(source, { functionName: "load" })).rejects.toMatchObject({
      code: "SECURITY_SANDBOX_CODE_FAILED",
      message: 'TypeError: The code exports no function "load".',
    });
  });

  test("has the language and nothing of the host", async () => {
    const names = [
      "process",
      "require",
      "module",
      "setTimeout",
      "fetch",
      "WebAssembly",
      "Buffer",
      "Worker",
      "navigator",
    ];
    expect(await evaluate(`${JSON.stringify(names)}.filter((name) => name in globalThis)`)).toEqual([]);
    expect(await evaluate(`Object.keys(host)`)).toEqual([]);
    const reach = `[(() => 0).constructor, (async () => 0).constructor, [].constructor.constructor, console.log.constructor]`;
    const escape = `${reach}.map((make) => make("return typeof process + typeof require + typeof globalThis.process")())`;
    expect(await evaluate(`return Promise.all(${escape})`)).toEqual(Array(4).fill("undefinedundefinedundefined"));
    const stack = `try { null.x } catch (error) { return error.stack + Object.keys(error) }`;
    expect(await evaluate(stack)).not.toMatch(/node:|file:|worker\.ts|\/packages\//);
  });

  test("keeps nothing from one run to the next", async () => {
    const sandbox = sandboxOf();
    await sandbox.run(`Array.prototype.map = () => "owned"; globalThis.kept = 1; export default () => 0`);
    const { value } = await sandbox.run(`export default () => [[1].map((x) => x + 1), typeof globalThis.kept]`);
    expect(value).toEqual([[2], "undefined"]);
  });

  test("cannot change the host's prototypes, neither by code nor by what it returns", async () => {
    const source = `
      Object.prototype.polluted = "yes"; Array.prototype.polluted = "yes"; Function.prototype.call = () => "owned";
      JSON.stringify = () => '{"owned":true}'; Promise.prototype.then = undefined;
      export default () => JSON.parse('{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"a":1}');`;
    const { value } = await sandboxOf().run(source);
    expect(value).toEqual({ constructor: { prototype: { polluted: "yes" } }, a: 1 });
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.hasOwn(value as object, "__proto__")).toBe(false);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });

  test.each([
    ["an endless loop", `export default () => { for (;;) {} }`],
    ["an endless loop while it loads", `for (;;) {} export default 0`],
    ["a flood of promises", `export default async () => { for (;;) await null }`],
    [
      "a flood of promises beside each other",
      `export default () => new Promise(() => { const f = () => Promise.resolve().then(f); f() })`,
    ],
    ["a getter without an end", `export default () => ({ get a() { for (;;) {} } })`],
    ["a regular expression that goes back for ever", `export default () => /^(a+)+$/.test("a".repeat(40) + "b")`],
    ["an error whose name never comes", `export default () => { throw { get name() { for (;;) {} } } }`],
  ])("ends %s, and then runs on", async (_, source) => {
    const sandbox = sandboxOf({ timeoutMs: 300 });
    await expect(sandbox.run(source)).rejects.toMatchObject({ code: "SECURITY_SANDBOX_TIMED_OUT" });
    expect((await sandboxOf().run(`export default () => 1`)).value).toBe(1);
  });

  test("leaves the thread of the host alone while a guest runs away", async () => {
    const running = sandboxOf({ timeoutMs: 3_000 }).run(`export default () => { for (;;) {} }`);
    let turns = 0;
    const settled = running.then(
      () => true,
      () => true,
    );
    while (!(await Promise.race([settled, new Promise<false>((resolve) => setImmediate(() => resolve(false)))])))
      turns++;
    expect(turns).toBeGreaterThan(100);
  });

  test.each([
    ["objects", `const a = []; for (;;) a.push({ a })`],
    ["a buffer", `return new ArrayBuffer(1024 ** 3).byteLength`],
    ["many closures", `let f = () => 0; for (;;) { const g = f; f = () => g() }`],
    ["pending promises", `const a = []; for (;;) a.push(new Promise(() => {}))`],
  ])("bounds memory: %s", async (_, body) => {
    const sandbox = sandboxOf({ memoryBytes: 1024 ** 2, timeoutMs: 150_000 });
    const failing = sandbox.run(`export default () => { ${body} }`);
    await expect(failing).rejects.toMatchObject({ code: "SECURITY_SANDBOX_OUT_OF_MEMORY" });
    expect((await sandbox.run(`export default () => 1`)).value).toBe(1);
  });

  test("ends the thread of a guest that is stuck inside of the interpreter, where nothing asks for the time", async () => {
    const sandbox = sandboxOf({ memoryBytes: 4 * 1024 ** 2, timeoutMs: 1_000 });
    const failing = sandbox.run(`export default () => { const a = []; for (;;) a.push("x".repeat(65536)) }`);
    await expect(failing).rejects.toMatchObject({
      code: expect.stringMatching(/^SECURITY_SANDBOX_(TIMED_OUT|OUT_OF_MEMORY)$/) as string,
    });
    await expect(sandbox.run(`export default () => "x".repeat(2 ** 30)`)).rejects.toMatchObject({
      code: expect.stringMatching(/^SECURITY_SANDBOX_/) as string,
    });
  });

  test.each([
    ["a string", `let s = "x"; for (;;) s += s`],
    ["a function", `const f = () => f() + 1; return f()`],
    ["a getter", `const o = { get a() { return this.a } }; return o.a`],
    ["text of JSON", `return JSON.parse("[".repeat(100000))`],
    ["a value", `let a = []; for (let i = 0; i < 50000; i++) a = [a]; return a`],
    ["a proxy", `const p = new Proxy({}, { get: (_, k) => p[k] }); return p.a`],
  ])("bounds depth and length: %s", async (_, body) => {
    const sandbox = sandboxOf();
    await expect(sandbox.run(`export default () => { ${body} }`)).rejects.toMatchObject({
      code: expect.stringMatching(/^SECURITY_SANDBOX_(CODE_FAILED|INVALID_RESULT)$/) as string,
    });
    expect((await sandbox.run(`export default () => 1`)).value).toBe(1);
  });

  test("bounds what goes in and what comes out", async () => {
    const options = { maximumSourceLength: 200, maximumInputLength: 100, maximumOutputLength: 100, maximumLogLines: 2 };
    const lines: SandboxLogLine[] = [];
    const grants = { echo: (argument: unknown) => `${String(argument)}${"y".repeat(200)}` };
    const sandbox = sandboxOf({ ...options, grants, onLog: (line) => lines.push(line) });
    const tooLarge = { code: "SECURITY_SANDBOX_TOO_LARGE" };
    await expect(sandbox.run(" ".repeat(201))).rejects.toMatchObject(tooLarge);
    await expect(sandbox.run("export default 0", { arguments: ["x".repeat(100)] })).rejects.toMatchObject(tooLarge);
    await expect(sandbox.run(`export default () => "x".repeat(1000)`)).rejects.toMatchObject(tooLarge);
    expect(() => sandbox.allowModule("a", " ".repeat(201))).toThrow("201 characters");
    const attempt = (call: string) => `export default () => ${call}.catch((error) => error.message)`;
    expect((await sandbox.run(attempt(`host.echo("x".repeat(200))`))).value).toContain("An argument may have 100");
    expect((await sandbox.run(attempt(`host.echo("")`))).value).toContain("The answer has 202 characters");
    const flood = await sandbox.run(
      `export default () => { for (let i = 0; i < 5; i++) console.warn("line", i, { i }) }`,
    );
    expect(flood.droppedLogLines).toBe(3);
    expect(lines).toEqual([0, 1].map((i) => ({ level: "warn", text: `line ${i} {"i":${i}}` })));
  });

  test("refuses results that JSON does not hold", async () => {
    for (const body of ["return () => 1", "return 1n", "const a = {}; a.a = a; return a", "return Symbol()"]) {
      const failing = sandboxOf().run(`export default () => { ${body} }`);
      await expect(failing).rejects.toMatchObject({ code: "SECURITY_SANDBOX_INVALID_RESULT" });
    }
    const waits = sandboxOf().run(`export default () => new Promise(() => {})`);
    await expect(waits).rejects.toMatchObject({ code: "SECURITY_SANDBOX_CODE_FAILED" });
    const throwing = sandboxOf().run(`export default () => { throw { get name() { throw 1 } } }`);
    await expect(throwing).rejects.toMatchObject({ code: "SECURITY_SANDBOX_CODE_FAILED" });
  });

  test("calls what was granted, some at once, and not more often than allowed", async () => {
    const seen: unknown[] = [];
    const grants = {
      async double(value: unknown) {
        seen.push(value);
        await Promise.resolve();
        return Number(value) * 2;
      },
      fails() {
        throw new Error("no luck");
      },
    };
    const body = `
      const sums = await Promise.all([host.double(1), host.double(2)]);
      const failure = await host.fails().catch((error) => error.message);
      const last = await host.double(3).then(() => host.double(4)).catch((error) => error.message);
      return { sums, failure, last };`;
    expect(await evaluate(body, { grants, maximumHostCalls: 4 })).toEqual({
      sums: [2, 4],
      failure: "no luck",
      last: "A run may call the host 4 times.",
    });
    expect(seen).toEqual([1, 2, 3]);
  });

  test("imports allowed modules and no others", async () => {
    const sandbox = sandboxOf({ modules: { titles: `export const clean = (text) => text.trim()` } });
    const source = `import { clean } from "titles"; export default () => clean(" a ")`;
    expect((await sandbox.run(source)).value).toBe("a");
    const later = `import { one } from "numbers"; export default () => one`;
    const refused = {
      code: "SECURITY_SANDBOX_CODE_FAILED",
      message: expect.stringContaining("is not allowed") as string,
    };
    await expect(sandbox.run(later)).rejects.toMatchObject(refused);
    sandbox.allowModule("numbers", "export const one = 1");
    expect((await sandbox.run(later)).value).toBe(1);
    for (const name of ["fs", "node:fs", "./titles", "../../package.json", "__proto__", "constructor"]) {
      await expect(sandbox.run(`import "${name}"; export default 0`)).rejects.toMatchObject(refused);
      await expect(sandbox.run(`export default () => import("${name}")`)).rejects.toMatchObject(refused);
    }
  });

  test("ends with its signal and with close, and refuses more than may wait", async () => {
    const sandbox = sandboxOf({ maximumWaitingRuns: 1 });
    const controller = new AbortController();
    const endless = sandbox.run(`export default () => { for (;;) {} }`, { signal: controller.signal });
    const next = sandbox.run(`export default () => 2`);
    await expect(sandbox.run(`export default 0`)).rejects.toMatchObject({ code: "SECURITY_SANDBOX_BUSY" });
    controller.abort(new Error("enough"));
    await expect(endless).rejects.toThrow("enough");
    expect((await next).value).toBe(2);
    const another = sandbox.run(`export default () => { for (;;) {} }`);
    const closed = expect(another).rejects.toMatchObject({ code: "SECURITY_SANDBOX_CLOSED" });
    await sandbox.close();
    await closed;
    await expect(sandbox.run(`export default 0`)).rejects.toMatchObject({ code: "SECURITY_SANDBOX_CLOSED" });
  });
});

describe("fetch", { timeout: 180_000 }, () => {
  const attempt = (url: string, init = "{}") =>
    `export default () => fetch(${JSON.stringify(url)}, ${init}).then((r) => r.status, (error) => error.message)`;

  test("refuses what is not on the list, and every address of the machine or its network", async () => {
    const hosts = [
      "api.example.com",
      "127.0.0.1",
      "169.254.169.254",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "10.0.0.1",
      "localhost",
    ];
    const fetch = { hosts, protocols: ["http:", "https:"] } as const;
    const sandbox = sandboxOf({ fetch });
    const answers: Record<string, RegExp> = {
      "https://evil.example/": /host evil\.example is not allowed/,
      "https://api.example.com.evil.example/": /is not allowed/,
      "https://evilapi.example.com/": /is not allowed/,
      "http://127.0.0.1/": /address 127\.0\.0\.1 is not allowed/,
      "http://0x7f.1/": /address 127\.0\.0\.1 is not allowed/,
      "http://2130706433/": /address 127\.0\.0\.1 is not allowed/,
      "http://169.254.169.254/latest/meta-data/": /address 169\.254\.169\.254 is not allowed/,
      "http://10.0.0.1/": /address 10\.0\.0\.1 is not allowed/,
      "http://[::1]/": /address ::1 is not allowed/,
      "http://[::ffff:127.0.0.1]/": /not allowed/,
      "http://localhost/": /leads to an address that is not allowed/,
      "file:///etc/passwd": /file: is not allowed/,
      "https://user:password@api.example.com/": /may not hold a password/,
      nonsense: /no address/,
    };
    for (const [url, expected] of Object.entries(answers)) {
      expect((await sandbox.run(attempt(url))).value, url).toMatch(expected);
    }
    const methods = await sandbox.run(attempt("https://api.example.com/", `{ method: "DELETE" }`));
    expect(methods.value).toMatch(/method DELETE is not allowed/);
    const headers = await sandbox.run(attempt("https://api.example.com/", `{ headers: { Host: "x" } }`));
    expect(headers.value).toMatch(/header Host is not allowed/);
    await expect(sandboxOf().run(attempt("https://api.example.com/"))).rejects.toMatchObject({
      code: "SECURITY_SANDBOX_CODE_FAILED",
    });
  });

  test("fetches what is allowed, up to a size, a count and a number of redirects, each checked anew", async () => {
    const server = createServer((request, response) => {
      if (request.url === "/json") response.setHeader("x-kind", "song").end('{"title":"A440"}');
      else if (request.url === "/big") response.end("x".repeat(5_000));
      else if (request.url === "/away") response.writeHead(302, { location: "http://evil.example/" }).end();
      else if (request.url === "/near") response.writeHead(302, { location: "/json" }).end();
      else response.writeHead(302, { location: "/round" }).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push(server);
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const fetch = {
      hosts: ["127.0.0.1"],
      protocols: ["http:"] as const,
      maximumResponseBytes: 1_000,
      isAddressAllowed: (address: string) => address === "127.0.0.1",
    };
    const sandbox = sandboxOf({ fetch, maximumHostCalls: 3 });
    const read = `export default async () => {
      const response = await fetch("${base}/near");
      return [response.status, response.ok, response.url, response.headers["x-kind"], (await response.json()).title];
    }`;
    expect((await sandbox.run(read)).value).toEqual([200, true, `${base}/json`, "song", "A440"]);
    expect((await sandbox.run(attempt(`${base}/big`))).value).toMatch(/more than 1000 bytes/);
    expect((await sandbox.run(attempt(`${base}/away`))).value).toMatch(/host evil\.example is not allowed/);
    expect((await sandbox.run(attempt(`${base}/round`))).value).toMatch(/more than 3 redirects/);
    const many = `export default async () => {
      const all = await Promise.allSettled(Array.from({ length: 5 }, () => fetch("${base}/json")));
      return all.map(({ status }) => status);
    }`;
    expect((await sandbox.run(many)).value).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected", "rejected"]);
  });
});
