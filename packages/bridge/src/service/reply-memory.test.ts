import { createManualClock } from "@antiphon/std";
import { expect, test } from "vitest";
import { createLocalReplyMemory } from "./reply-memory.ts";
import { refusal, type Reply } from "./reply.ts";

function setUp() {
  const options = { limit: 3, limitBytes: 1_000, maximumAgeMs: 60_000 };
  const memory = createLocalReplyMemory({ clock: createManualClock(), ...options });
  let works = 0;
  const ask = (key: string, give: () => Reply = () => ({ ok: true, data: key })) =>
    memory.answer(key, 1_000, async () => (works++, give()));
  return { ask, works: () => works };
}

test("remembers no more answers than it may, the oldest give way", async () => {
  const { ask, works } = setUp();
  for (const key of ["a", "b", "c", "c", "a", "d"]) await ask(key);
  expect(works()).toBe(4);
  await ask("d");
  expect(works()).toBe(4);
  await ask("a");
  expect(works()).toBe(5);
});

test("remembers no more bytes than it may", async () => {
  const { ask, works } = setUp();
  const large = (): Reply => ({ ok: true, data: "x".repeat(600) });
  await ask("a", large);
  await ask("a", large);
  expect(works()).toBe(1);
  await ask("b", large);
  await ask("b", large);
  expect(works()).toBe(2);
  await ask("a", large);
  expect(works()).toBe(3);
});

test("what may succeed the next time, or failed altogether, is not remembered", async () => {
  const { ask, works } = setUp();
  const busy = () => refusal("BUSY", "Later.", true);
  await ask("a", busy);
  await ask("a", busy);
  const broken = () => {
    throw new Error("broken");
  };
  for (let round = 0; round < 2; round++) await expect(ask("b", broken)).rejects.toThrow("broken");
  expect(works()).toBe(4);
  await ask("c", () => refusal("NEVER", "No."));
  await ask("c");
  expect(works()).toBe(5);
});
