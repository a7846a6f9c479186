import type { GuildId } from "@antiphon/protocol/discord";
import { silentLogger } from "@antiphon/std";
import { expect, test } from "vitest";
import { encodeJson } from "../bot/bot-envelope.ts";
import { createMemoryBus } from "../bus/memory-bus.ts";
import { createPlayers } from "./worker-players.ts";

const GUILD = "1" as GuildId;

test("a player whose state is being saved while its lane leaves is resumed when the lane is back", async () => {
  await using bus = createMemoryBus();
  const table = await bus.openKeyValue("players", { create: true });
  let writable = Promise.resolve();
  const players = createPlayers({ member: "here", laneOf: () => 0, isOurs: () => true, logger: silentLogger });
  await players.open({
    ...table,
    get: table.get,
    watch: table.watch,
    delete: table.delete,
    async putIf(...entry) {
      await writable;
      return table.putIf(...entry);
    },
  });
  const resumed: unknown[] = [];
  const suspended: GuildId[] = [];
  using _serving = players.serve({
    resume: async (_guildId, state) => void resumed.push(state),
    suspend: async (guildId) => void suspended.push(guildId),
  });
  players.laneTaken(0);
  await players.save(GUILD, "one");
  const held = Promise.withResolvers<void>();
  writable = held.promise;
  const saving = players.save(GUILD, "two");
  await players.laneEnding(0);
  held.resolve();
  await saving;
  expect(suspended).toEqual([GUILD]);
  const entry = await table.get(GUILD);
  await table.putIf(GUILD, encodeJson({ owner: "elsewhere", state: "three" }), entry?.revision ?? 0);
  players.laneTaken(0);
  await expect.poll(() => resumed).toEqual(["three"]);
  await players.close();
});

test("a lane that is back before the player has let go resumes it when it has", async () => {
  await using bus = createMemoryBus();
  const players = createPlayers({ member: "here", laneOf: () => 0, isOurs: () => true, logger: silentLogger });
  await players.open(await bus.openKeyValue("players", { create: true }));
  const lettingGo = Promise.withResolvers<void>();
  const resumed: unknown[] = [];
  using _serving = players.serve({
    resume: async (_guildId, state) => void resumed.push(state),
    suspend: () => lettingGo.promise,
  });
  players.laneTaken(0);
  await players.save(GUILD, "one");
  const ending = players.laneEnding(0);
  players.laneTaken(0);
  lettingGo.resolve();
  await ending;
  await expect.poll(() => resumed).toEqual(["one"]);
  await players.close();
});
