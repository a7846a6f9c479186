import { createServer } from "node:net";
import { expect, test } from "vitest";
import { z } from "zod";
import { fixture } from "./fixtures.ts";
import { createMock, spyOn } from "./mock.ts";
import { expectNoOpenResources } from "./open-resources.ts";
import { createTestEnvironment } from "./test-environment.ts";
import { createTestFramework } from "./test-framework.ts";

const schemas = {
  formats: z.object({
    mail: z.email(),
    url: z.url(),
    id: z.uuid(),
    at: z.iso.datetime(),
    day: z.iso.date(),
    ip: z.ipv4(),
  }),
  bounds: z.object({
    whole: z.int().min(3).max(4),
    share: z.number().gt(0).lt(1),
    even: z.int().multipleOf(2),
    code: z.string().length(7),
  }),
  shapes: z.object({
    list: z.array(z.string()).min(1).max(2),
    pair: z.tuple([z.number(), z.boolean()]),
    map: z.record(z.string(), z.int()),
    maybe: z.string().optional(),
    none: z.null(),
    either: z.union([z.string(), z.int()]),
    tagged: z.discriminatedUnion("type", [
      z.object({ type: z.literal("a"), a: z.int() }),
      z.object({ type: z.literal("b") }),
    ]),
    both: z.intersection(z.object({ x: z.int() }), z.object({ y: z.int() })),
    fallback: z.string().default("d"),
    kind: z.enum(["x", "y"]),
  }),
  examples: z.object({
    code: z
      .string()
      .regex(/^[A-Z]{3}-\d$/)
      .meta({ examples: ["ABC-1"] }),
  }),
  changed: z.string().transform((text) => text.length),
};

test.each(Object.keys(schemas) as (keyof typeof schemas)[])("%s: a hundred seeds pass the schema", (name) => {
  for (let seed = 0; seed < 100; seed++) expect(() => fixture(schemas[name], { seed })).not.toThrow();
});

test("a schema that contains itself comes to an end", () => {
  const tree = z.object({
    name: z.string(),
    get children() {
      return z.array(tree);
    },
  });
  for (let seed = 0; seed < 20; seed++) expect(fixture(tree, { seed }).name).toBeTypeOf("string");
});

test("the same seed gives the same data, another seed other data", () => {
  const messages = (seed: number) => {
    const framework = createTestFramework({ seed });
    return [framework.generateMessage(), framework.generateMessage()];
  };
  expect(messages(7)).toEqual(messages(7));
  expect(messages(7)).not.toEqual(messages(8));
  expect(messages(7)[0]).not.toEqual(messages(7)[1]);
});

test("overrides win and are checked", () => {
  const framework = createTestFramework();
  expect(framework.generateUser({ username: "ada" })).toMatchObject({
    username: "ada",
    id: expect.stringMatching(/^\d{15,20}$/),
  });
  expect(() => framework.generateUser({ username: "" })).toThrow(/username/);
  expect(() => fixture(z.string().regex(/^zzz$/))).toThrow(/examples/);
});

test.each(["user", "message", "guild", "track", "config"] as const)("there is data of the kind %s", (kind) => {
  const framework = createTestFramework();
  for (let count = 0; count < 50; count++) expect(framework.generateTestData(kind)).toBeTypeOf("object");
});

interface Voice {
  readonly ready: boolean;
  speak(text: string): Promise<number>;
  stop(): void;
}

test("a mock remembers calls, fails on purpose, and has nothing that was not given", async () => {
  const mock = createMock<Voice>("voice", { ready: true, speak: async (text) => text.length });
  expect(await mock.object.speak("hello")).toBe(5);
  mock.failNext("speak", new Error("lost"), { rejects: true });
  const failed = mock.object.speak("again");
  await expect(failed).rejects.toThrow("lost");
  mock.failNext("speak", new Error("thrown"));
  expect(() => void mock.object.speak("x")).toThrow("thrown");
  expect(await mock.object.speak("ok")).toBe(2);
  expect(mock.spy("speak").calls.map(({ parameters }) => parameters)).toEqual([["hello"], ["again"], ["x"], ["ok"]]);
  expect(mock.object.ready).toBe(true);
  expect(() => mock.object.stop()).toThrow('The mock "voice" has no "stop"');
  expect(await Promise.resolve(mock.object)).toBe(mock.object);
  mock.reset();
  expect(mock.spy("speak").calls).toEqual([]);
});

test("a spy passes `this`, results and errors on", () => {
  const spy = spyOn(function double(this: { factor: number }, value: number) {
    return value * this.factor;
  });
  expect(spy.function.call({ factor: 2 }, 21)).toBe(42);
  spy.failNext(new Error("no"));
  expect(() => spy.function.call({ factor: 2 }, 1)).toThrow("no");
  expect(spy.calls).toMatchObject([{ parameters: [21], result: 42 }, { error: { message: "no" } }]);
});

test("environment variables are restored", () => {
  process.env["ANTIPHON_TEST_A"] = "before";
  {
    using _environment = createTestEnvironment({ ANTIPHON_TEST_A: undefined, ANTIPHON_TEST_B: "b" });
    expect([process.env["ANTIPHON_TEST_A"], process.env["ANTIPHON_TEST_B"]]).toEqual([undefined, "b"]);
  }
  expect([process.env["ANTIPHON_TEST_A"], process.env["ANTIPHON_TEST_B"]]).toEqual(["before", undefined]);
  delete process.env["ANTIPHON_TEST_A"];
});

test("what a task leaves open is named", async () => {
  const server = createServer();
  const listen = () => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await expect(expectNoOpenResources(listen, { graceMs: 0 })).rejects.toThrow(/TCPServerWrap|TCPSERVERWRAP/i);
  await new Promise((resolve) => server.close(resolve));
  expect(await expectNoOpenResources(async () => 1)).toBe(1);
});
