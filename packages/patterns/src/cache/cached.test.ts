import { createManualClock } from "@antiphon/std";
import { describe, expect, expectTypeOf, test } from "vitest";
import { cached } from "./cached.ts";
import { createCache } from "./create-cache.ts";

describe("cached", () => {
  test("keeps results by arguments, whatever the order of their members", async () => {
    let runs = 0;
    const speak = cached()(async (text: string, options?: { voice: string; speed: number }) => {
      runs++;
      return `${text} ${options?.voice}`;
    });
    expectTypeOf(speak).parameter(0).toEqualTypeOf<string>();
    expect(await speak("hi", { voice: "a", speed: 1 })).toBe("hi a");
    expect(await speak("hi", { speed: 1, voice: "a" })).toBe("hi a");
    expect(runs).toBe(1);
    await speak("hi", { voice: "b", speed: 1 });
    await speak("hi");
    expect(runs).toBe(3);
  });

  test("is a decorator that keeps `this`", async () => {
    class Voice {
      runs = 0;
      async speak(text: string): Promise<string> {
        this.runs++;
        return text.toUpperCase();
      }
    }
    const context = { kind: "method", name: "speak" } as ClassMethodDecoratorContext<
      Voice,
      (this: Voice, text: string) => Promise<string>
    >;
    const clock = createManualClock();
    const cache = createCache({ clock });
    Voice.prototype.speak = cached({ cache, ttlMs: 300_000, keyPrefix: "voice" })(Voice.prototype.speak, context);
    const voice = new Voice();
    expect([await voice.speak("hi"), await voice.speak("hi")]).toEqual(["HI", "HI"]);
    expect(voice.runs).toBe(1);
    expect(await cache.get('voice:["hi"]')).toBe("HI");
    await clock.advance(300_000);
    await voice.speak("hi");
    expect(voice.runs).toBe(2);
  });

  test("takes a key and tags of its own", async () => {
    const cache = createCache();
    let runs = 0;
    const load = cached({
      cache,
      keyPrefix: "user",
      keyOf: (user: { id: string; seen: Date }) => user.id,
      tagsOf: (user) => [`user:${user.id}`],
    })(async (user: { id: string; seen: Date }) => `${user.id} ${runs++}`);
    expect(await load({ id: "1", seen: new Date(0) })).toBe("1 0");
    expect(await load({ id: "1", seen: new Date(1) })).toBe("1 0");
    await cache.deleteTag("user:1");
    expect(await load({ id: "1", seen: new Date(1) })).toBe("1 1");
  });

  test("a signal is no part of the key; the function gets one that lasts while anybody waits", async () => {
    const signals: AbortSignal[] = [];
    const gate = Promise.withResolvers<string>();
    const load = cached()(async (_id: string, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return gate.promise;
    });
    const controller = new AbortController();
    const first = load("1", { signal: controller.signal });
    const second = load("1", { signal: new AbortController().signal });
    controller.abort(new Error("left"));
    await expect(first).rejects.toThrow("left");
    gate.resolve("value");
    expect(await second).toBe("value");
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  test("tells apart what JSON does not, and refuses what makes no key", async () => {
    let runs = 0;
    const load = cached()(async (_value: unknown) => runs++);
    for (const value of [undefined, null, Number.NaN, "undefined", [], {}, "[]", -1]) await load(value);
    expect(runs).toBe(8);
    for (const value of [() => 1, 1n, Symbol("s"), new Map(), new Date(0), new Uint8Array(1)])
      await expect(load(value)).rejects.toMatchObject({ code: "CACHE_KEY_NOT_DERIVABLE" });
    const cache = createCache();
    expect(() => cached({ cache })(async () => 1)).toThrow(expect.objectContaining({ code: "CACHE_OPTIONS_INVALID" }));
  });
});
