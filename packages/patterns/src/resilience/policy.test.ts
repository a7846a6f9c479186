import type { Policy } from "@antiphon/std";
import { createManualClock, createSeededRandom } from "@antiphon/std";
import { describe, expect, expectTypeOf, test } from "vitest";
import { compose } from "./compose.ts";
import { fallback } from "./fallback.ts";
import { retry } from "./retry.ts";
import { timeout } from "./timeout.ts";

describe("a policy", () => {
  const clock = createManualClock();
  const random = createSeededRandom(1);

  test("runs tasks, wraps functions and decorates methods, which keep `this`", async () => {
    const policy = retry({ maxAttempts: 2, baseDelayMs: 0, clock, random });
    expectTypeOf(policy).toExtend<Policy>();
    expect(await policy.execute(async () => 1)).toBe(1);
    const wrapped = policy(async (left: number, right: number) => left + right);
    expectTypeOf(wrapped).returns.toEqualTypeOf<Promise<number>>();
    expect(await wrapped(1, 2)).toBe(3);
    expect(policy(async function speak() {}).name).toBe("speak");
    class Voice {
      name = "flite";
      async speak(text: string): Promise<string> {
        return `${this.name}: ${text}`;
      }
    }
    const context = { kind: "method", name: "speak" } as ClassMethodDecoratorContext<
      Voice,
      (this: Voice, text: string) => Promise<string>
    >;
    Voice.prototype.speak = policy(Voice.prototype.speak, context);
    expect(await new Voice().speak("hi")).toBe("flite: hi");
  });

  test("a wrapped function obeys the signal of its last argument and passes its own on", async () => {
    const policy = timeout({ durationMs: 1000, clock });
    const seen: AbortSignal[] = [];
    const wrapped = policy(async (_id: string, { signal }: { signal: AbortSignal; other: number }) => {
      seen.push(signal);
      return new Promise<never>(() => {});
    });
    const controller = new AbortController();
    const call = wrapped("1", { signal: controller.signal, other: 1 });
    controller.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    expect(seen[0]).not.toBe(controller.signal);
    expect(seen[0]?.reason).toBe(controller.signal.reason);
    await expect(wrapped("1", { signal: controller.signal, other: 1 })).rejects.toThrow("enough");
    expect(seen.length).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a task that throws at once, or ignores everything, is no exception", async () => {
    const thrower = () => {
      throw new Error("at once");
    };
    for (const policy of [
      timeout({ durationMs: 5, clock }),
      fallback({ value: () => Promise.reject(new Error("at once")) }),
    ])
      await expect(policy.execute(thrower)).rejects.toThrow("at once");
    expect(clock.pendingTimers).toBe(0);
  });

  test("compose runs the first outermost, and takes policies from elsewhere", async () => {
    const order: string[] = [];
    const tracing = (name: string): Policy => ({
      async execute(task, options) {
        order.push(`${name} in`);
        const result = await task({ signal: options?.signal ?? new AbortController().signal });
        order.push(`${name} out`);
        return result;
      },
    });
    const policy = compose(tracing("a"), timeout({ durationMs: 100, clock }), tracing("b"));
    const controller = new AbortController();
    const result = await policy.execute(async ({ signal }) => signal.aborted, { signal: controller.signal });
    expect(result).toBe(false);
    expect(order).toEqual(["a in", "b in", "b out", "a out"]);
    expect(await compose().execute(async () => "bare")).toBe("bare");
    expect(clock.pendingTimers).toBe(0);
  });

  test("the type of a fallback shows in what is composed with it", async () => {
    const withNull = compose(fallback({ value: () => null }), retry({ maxAttempts: 1, clock, random }));
    const wrapped = withNull(async (text: string) => text.length);
    expectTypeOf(wrapped).returns.toEqualTypeOf<Promise<number | null>>();
    expect(await wrapped("abc")).toBe(3);
    expect(await withNull.execute(async () => Promise.reject(new Error("no")))).toBe(null);
    const gaveUp = withNull.execute(({ signal }) => Promise.reject(signal.reason as Error), {
      signal: AbortSignal.abort(new Error("gave up")),
    });
    await expect(gaveUp).rejects.toThrow("gave up");
    const handled = fallback({ value: () => 0, isHandled: (error) => error instanceof RangeError });
    await expect(handled.execute(() => Promise.reject(new TypeError("other")))).rejects.toThrow("other");
  });
});
