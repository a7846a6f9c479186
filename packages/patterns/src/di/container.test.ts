import { expect, test, vi } from "vitest";
import { createContainer } from "./create-container.ts";
import { currentContainer, inject } from "./inject.ts";
import { injectable } from "./registration.ts";
import { token } from "./token.ts";

interface Config {
  readonly name: string;
}
const Config = token<Config>("config");
const Counter = token<{ readonly id: number }>("counter");
const Service = token<Greeter>("greeter");
const Database = token<{ readonly url: string }>("database");

class Greeter {
  readonly config: Config;
  readonly counter: { readonly id: number };
  constructor(config: Config, counter: { readonly id: number }) {
    this.config = config;
    this.counter = counter;
  }
}
injectable(Config, Counter)(Greeter);

function counting() {
  let id = 0;
  return () => ({ id: ++id });
}

const code = (expected: string) => expect.objectContaining({ code: expected });

test("a class gets what injectable declares, and a singleton is built once", () => {
  const container = createContainer()
    .register(Config, { useValue: { name: "antiphon" } })
    .register(Counter, { useFactory: counting() })
    .register(Service, { useClass: Greeter });
  const greeter = container.get(Service);
  expect(greeter).toBeInstanceOf(Greeter);
  expect(greeter).toMatchObject({ config: { name: "antiphon" }, counter: { id: 1 } });
  expect(container.get(Service)).toBe(greeter);
  expect(container.has(Service)).toBe(true);
  expect(container.has(Database)).toBe(false);
});

test("a transient is new each time, a scoped one for each child, a singleton shared by all", () => {
  const Scoped = token<{ readonly id: number }>("scoped");
  const Shared = token<{ readonly id: number }>("shared");
  const root = createContainer()
    .register(Counter, { useFactory: counting(), lifetime: "transient" })
    .register(Scoped, { useFactory: counting(), lifetime: "scoped" })
    .register(Shared, { useFactory: counting() });
  const one = root.createChild();
  const two = root.createChild();
  expect([one.get(Counter).id, one.get(Counter).id, two.get(Counter).id]).toEqual([1, 2, 3]);
  expect([one.get(Scoped).id, one.get(Scoped).id, two.get(Scoped).id]).toEqual([1, 1, 2]);
  expect([one.get(Shared).id, two.get(Shared).id, root.get(Shared).id]).toEqual([1, 1, 1]);
});

test("a child hides its parent's registration, also after the parent's was built", () => {
  const root = createContainer().register(Config, { useValue: { name: "root" } });
  expect(root.get(Config).name).toBe("root");
  const child = root.createChild().register(Config, { useValue: { name: "child" } });
  expect(child.get(Config).name).toBe("child");
  expect(root.get(Config).name).toBe("root");
});

test("a missing service is named, with who needs it", () => {
  const container = createContainer().register(Service, { useClass: Greeter });
  expect(() => container.get(Service)).toThrow(/"config", which greeter needs/);
  expect(() => container.verify()).toThrow(code("PATTERNS_SERVICE_NOT_REGISTERED"));
  expect(() => container.get(Config)).toThrow('There is no service "config". Register it');
});

test("a cycle is named by its members, when asked for and when verified", async () => {
  const A = token<object>("a");
  const B = token<object>("b");
  const C = token<object>("c");
  const container = createContainer()
    .register(A, { useFactory: (b) => ({ b }), inject: [B] })
    .register(B, { useFactory: (c) => ({ c }), inject: [C] })
    .register(C, { useFactory: (b) => ({ b }), inject: [B] });
  for (const ask of [() => container.get(A), () => container.verify()]) expect(ask).toThrow("b > c > b");
  await expect(container.getAsync(A)).rejects.toMatchObject({ code: "PATTERNS_DEPENDENCY_CYCLE" });
});

test("a singleton may not need a scoped service, not even through a transient one", () => {
  const Scoped = token<object>("request");
  const Between = token<object>("between");
  const container = createContainer()
    .register(Scoped, { useFactory: () => ({}), lifetime: "scoped" })
    .register(Between, { useFactory: (scoped) => ({ scoped }), inject: [Scoped], lifetime: "transient" })
    .register(Database, { useFactory: () => ({ url: "" }), inject: [Between] });
  expect(() => container.createChild().get(Database)).toThrow(code("PATTERNS_SCOPE_MISMATCH"));
  // Nor one that the container itself has already.
  container.get(Scoped);
  expect(() => container.get(Database)).toThrow(code("PATTERNS_SCOPE_MISMATCH"));
  expect(container.createChild().get(Between)).toEqual({ scoped: {} });
});

test("what was built asynchronously and is nothing is not built again", async () => {
  const Nothing = token<string | undefined>("nothing");
  const Reader = token<{ readonly read: string | undefined }>("reader");
  const build = vi.fn(() => Promise.resolve(undefined));
  const container = createContainer()
    .register(Nothing, { useAsyncFactory: build })
    .register(Reader, { useFactory: (read) => ({ read }), inject: [Nothing] });
  await container.getAsync(Nothing);
  expect(await container.getAsync(Nothing)).toBeUndefined();
  expect(container.get(Nothing)).toBeUndefined();
  expect(container.get(Reader)).toEqual({ read: undefined });
  expect(build).toHaveBeenCalledOnce();
});

test("what is built asynchronously is built once for all who ask, and then also given at once", async () => {
  const open = vi.fn(async (config: Config) => ({ url: `db://${config.name}` }));
  const container = createContainer()
    .register(Config, { useValue: { name: "x" } })
    .register(Database, { useAsyncFactory: open, inject: [Config] });
  expect(() => container.get(Database)).toThrow(code("PATTERNS_SERVICE_NOT_READY"));
  const [first, second] = await Promise.all([container.getAsync(Database), container.getAsync(Database)]);
  expect(first).toEqual({ url: "db://x" });
  expect(second).toBe(first);
  expect(container.get(Database)).toBe(first);
  expect(open).toHaveBeenCalledOnce();
});

test("a failed asynchronous build is tried again by the next who asks", async () => {
  const open = vi.fn(async () => ({ url: "db" }));
  open.mockRejectedValueOnce(new Error("refused"));
  const container = createContainer().register(Database, { useAsyncFactory: open });
  await expect(container.getAsync(Database)).rejects.toThrow("refused");
  expect(await container.getAsync(Database)).toEqual({ url: "db" });
});

test("close disposes what was built, the newest first, each by its own way, and values not at all", async () => {
  const closed: string[] = [];
  const Names = ["a", "b", "c", "d"].map((name) => token<object>(name));
  const [A, B, C, D] = Names as [(typeof Names)[0], (typeof Names)[0], (typeof Names)[0], (typeof Names)[0]];
  const container = createContainer()
    .register(A, { useFactory: () => ({ close: () => closed.push("a") }) })
    .register(B, { useFactory: () => ({ [Symbol.asyncDispose]: async () => closed.push("b") }), inject: [A] })
    .register(C, { useFactory: () => ({}), inject: [B], dispose: () => closed.push("c") })
    .register(D, { useValue: { close: () => closed.push("d") } });
  container.get(C);
  container.get(D);
  await container.close();
  await container.close();
  expect(closed).toEqual(["c", "b", "a"]);
  expect(() => container.get(A)).toThrow(code("PATTERNS_CLOSED"));
  expect(() => container.createChild()).toThrow(/closed/);
});

test("a service that fails to close stops no other, and is named", async () => {
  const closed: string[] = [];
  const container = createContainer()
    .register(Config, { useFactory: () => ({ name: "x" }), dispose: () => closed.push("config") })
    .register(Counter, {
      useFactory: () => ({ id: 1 }),
      dispose: () => {
        throw new Error("stuck");
      },
    });
  container.get(Config);
  container.get(Counter);
  await expect(container.close()).rejects.toThrow(/counter: stuck/);
  expect(closed).toEqual(["config"]);
});

test("closing while a service is built: whoever waits is told, and the late instance is disposed", async () => {
  const late = Promise.withResolvers<{ url: string; close: () => void }>();
  const close = vi.fn();
  const open = vi.fn(() => late.promise);
  const container = createContainer().register(Database, { useAsyncFactory: open });
  const asked = container.getAsync(Database);
  const told = expect(asked).rejects.toMatchObject({ code: "PATTERNS_CLOSED" });
  await vi.waitFor(() => expect(open).toHaveBeenCalled(), { timeout: 60_000 });
  await container.close();
  await told;
  late.resolve({ url: "late", close });
  await vi.waitFor(() => expect(close).toHaveBeenCalledOnce(), { timeout: 60_000 });
});

test("inject supplies a function's first parameters from the current container", async () => {
  const greet = inject(Config, Counter)((config, counter, text: string) => `${text} ${config.name} ${counter.id}`);
  const container = createContainer()
    .register(Config, { useValue: { name: "x" } })
    .register(Counter, { useFactory: counting() });
  expect(container.run(() => greet("hello"))).toBe("hello x 1");
  expect(await container.run(async () => greet("again"))).toBe("again x 1");
  expect(() => greet("nobody")).toThrow(code("PATTERNS_CONTEXT_MISSING"));
});

test("an injected accessor takes its value from the container that builds the object", () => {
  const accessor = inject(Config)({} as never, { kind: "accessor", name: "config" } as never);
  class Holder {
    readonly built = true;
    constructor() {
      accessor.init?.call(this, undefined as never);
    }
  }
  const Held = token<Holder>("holder");
  const container = createContainer()
    .register(Config, { useValue: { name: "x" } })
    .register(Held, { useClass: Holder });
  const holder = container.get(Held);
  expect(accessor.get?.call(holder)).toEqual({ name: "x" });
  expect(() => accessor.set?.call(holder, { name: "y" })).toThrow(/cannot be assigned/);
  expect(() => new Holder()).toThrow(code("PATTERNS_CONTEXT_MISSING"));
});

test("the current container inside a build is the one that keeps the service", () => {
  const seen: unknown[] = [];
  const root = createContainer().register(Counter, {
    useFactory: () => {
      seen.push(currentContainer());
      return { id: 1 };
    },
  });
  root.createChild().get(Counter);
  expect(seen).toEqual([root]);
});
