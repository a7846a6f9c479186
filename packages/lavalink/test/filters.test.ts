import { expect, test } from "vitest";
import { eventually, openWorld, trackOf } from "./world.ts";

const filtersOf = (patches: readonly { readonly body: unknown }[]) =>
  patches
    .map(({ body }) => (body as { readonly filters?: unknown }).filters)
    .filter((filters) => filters !== undefined);

test("each filter keeps those before it, and removing one leaves the others", async () => {
  const { join, patches, simulator } = await openWorld();
  const { filters } = await join();
  await filters.bassBoost("low");
  await filters.nightcore();
  await filters.set("mine", { equalizer: [{ band: 0, gain: 0.2 }] });
  expect(simulator.players).toMatchObject([
    {
      filters: {
        equalizer: [
          { band: 0, gain: 0.3 },
          { band: 1, gain: 0.1 },
          { band: 2, gain: 0.08 },
          { band: 3, gain: 0.05 },
        ],
        timescale: { speed: 1.2, pitch: 1.1, rate: 1 },
      },
    },
  ]);
  await filters.bassBoost("high");
  expect([...filters.layers.keys()]).toEqual(["bassBoost", "nightcore", "mine"]);
  await filters.remove("bassBoost");
  await filters.remove("bassBoost");
  await filters.remove("nightcore");
  expect(filters.composed).toEqual({ equalizer: [{ band: 0, gain: 0.2 }] });
  await filters.use("eightD");
  await filters.vaporwave();
  await filters.clear();
  await filters.clear();
  expect(filtersOf(patches())).toHaveLength(9);
  expect(simulator.players).toMatchObject([{ filters: {} }]);
});

test("a refused filter is taken back, and others stay", async () => {
  const { join } = await openWorld({ simulator: { disabledFilters: ["karaoke"] } });
  const { filters } = await join();
  await filters.nightcore();
  const refused = filters.use("karaoke");
  expect(filters.layers.has("karaoke")).toBe(true);
  await expect(refused).rejects.toMatchObject({
    code: "LAVALINK_BAD_REQUEST",
    message: expect.stringContaining("disabled in the config: karaoke"),
  });
  expect([...filters.layers.keys()]).toEqual(["nightcore"]);
});

test("a value out of range is refused before anything is sent", async () => {
  const { join, patches } = await openWorld();
  const { filters } = await join();
  await expect(filters.set("loud", { volume: 6 })).rejects.toMatchObject({
    code: "LAVALINK_INVALID_ARGUMENT",
    message: 'filters.set("loud"): volume must be from 0 to 5, not 6.',
  });
  for (let layer = 0; layer < 32; layer++) await filters.set(`layer ${layer}`, {});
  await expect(filters.nightcore()).rejects.toThrow("32 layers");
  expect(patches()).toHaveLength(32);
});

test("filters survive the node, and the position follows the timescale", async () => {
  const { clock, simulator, lavalink, join, patches, next, events } = await openWorld();
  const player = await join();
  await player.filters.set("double", { timescale: { speed: 2 } });
  const started = next("trackStart");
  await player.play(trackOf(await lavalink.load("rain")));
  await started;
  const updated = next("playerUpdate");
  await clock.advance(10_000);
  await updated;
  await eventually(() => player.positionMs === 20_000);
  expect(simulator.players).toMatchObject([{ state: { position: 10_000 } }]);
  const before = patches().length;
  const back = next("nodeReady");
  simulator.faults.restart();
  await back;
  await eventually(() => simulator.players.length === 1);
  expect(patches().slice(before)).toMatchObject([{ body: { position: 20_000, filters: { timescale: { speed: 2 } } } }]);
  await clock.advance(37_500);
  await eventually(() => events.some((event) => event.type === "trackEnd"));
});
