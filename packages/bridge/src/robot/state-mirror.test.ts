import { createManualClock } from "@antiphon/std";
import { expect, test } from "vitest";
import { createMemoryBus } from "../bus/memory-bus.ts";
import { openStateMirror, type MirrorPlace } from "./state-mirror.ts";

const motd: MirrorPlace = { bucket: "state", key: "motd" };
const bytes = (text: string) => new TextEncoder().encode(text);

async function setUp() {
  const bus = createMemoryBus();
  const clock = createManualClock();
  const mirror = await openStateMirror({ bus, channel: "lounge", clock });
  const store = await bus.openKeyValue("kryten_lounge_state");
  const kept = async () => new TextDecoder().decode((await store.get("motd"))?.value);
  return { bus, clock, mirror, store, kept };
}

test("of many quick changes the last is kept, in few writes", async () => {
  const { mirror, kept } = await setUp();
  for (let index = 0; index < 100; index++) mirror.set(motd, bytes(`${index}`));
  await mirror.settled();
  expect(await kept()).toBe("99");
  expect(mirror.writes).toBe(1);
});

test("a writer besides is noticed and does not have the last word", async () => {
  const { mirror, store, kept } = await setUp();
  mirror.set(motd, bytes("mine"));
  await mirror.settled();
  await store.put("motd", bytes("theirs"));
  mirror.set(motd, bytes("mine again"));
  await mirror.settled();
  expect(await kept()).toBe("mine again");
  expect(mirror).toMatchObject({ conflicts: 1, failures: 0 });
});

test("a bus that fails is tried again until the mirror closes", async () => {
  const { bus, clock, mirror } = await setUp();
  mirror.set({ bucket: "state", key: "not a key" }, bytes("x"));
  await clock.advance(3_000);
  expect(mirror.failures).toBeGreaterThan(2);
  const closing = mirror.close();
  await clock.advance(2_000);
  await closing;
  expect(clock.pendingTimers).toBe(0);
  await bus.close();
});

test("a new mirror goes on where an earlier one was", async () => {
  const { bus, clock, mirror, kept } = await setUp();
  mirror.set(motd, bytes("first"));
  await mirror.close();
  const second = await openStateMirror({ bus, channel: "lounge", clock });
  expect(new TextDecoder().decode(await second.get(motd))).toBe("first");
  second.set(motd, bytes("second"));
  await second.close();
  expect(await kept()).toBe("second");
  expect(second.conflicts).toBe(0);
});

test("a value that no bucket takes holds up no other, and an old one does not stay in its place", async () => {
  const { mirror, store, kept } = await setUp();
  mirror.set(motd, bytes("first"));
  await mirror.settled();
  mirror.set(motd, new Uint8Array(1_000_001));
  mirror.set({ bucket: "state", key: "css" }, bytes("css"));
  await mirror.settled();
  expect(await store.keys()).toEqual(["css"]);
  expect(mirror).toMatchObject({ writes: 2, failures: 1 });
  mirror.set(motd, bytes("short again"));
  await mirror.settled();
  expect(await kept()).toBe("short again");
});
