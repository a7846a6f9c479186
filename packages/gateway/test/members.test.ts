import type { GuildId } from "@antiphon/protocol/discord";
import { createManualClock } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startRig, type Rig } from "./rig.ts";

const GUILD_MEMBERS = 1 << 1;

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

function addMembers({ simulator: { world }, guildId }: Rig, count: number) {
  return Array.from({ length: count }, (_, index) => {
    const { id } = world.addUser({ username: `user${String(index).padStart(4, "0")}` });
    world.addMember(guildId, id);
    return id;
  });
}

async function connect(clock = createManualClock()) {
  const gateway = rig.gateway({ clock, intents: 1 | GUILD_MEMBERS });
  await gateway.connect();
  return { gateway, clock, guildId: rig.guildId as GuildId };
}

describe("requestMembers", () => {
  it("gives the whole list in chunks, or as one", async () => {
    const clock = createManualClock();
    await rig[Symbol.asyncDispose]();
    rig = await startRig({ clock });
    addMembers(rig, 2_100);
    const { gateway, guildId } = await connect(clock);
    const chunks: [number, number, number][] = [];
    for await (const { members, index, count } of gateway.requestMembers(guildId))
      chunks.push([members.length, index, count]);
    // Ada, the bot, and the rest.
    expect(chunks).toEqual([
      [1_000, 0, 3],
      [1_000, 1, 3],
      [102, 2, 3],
    ]);
    const again = gateway.requestMembers(guildId).all();
    await clock.advance(29_000);
    await clock.advance(1_000);
    const members = await again;
    expect(new Set(members.map(({ user }) => user.id)).size).toBe(2_102);
  });

  it("finds by ids, with those that are no members, and by the beginning of a name", async () => {
    const ids = addMembers(rig, 30);
    const { gateway, guildId } = await connect();
    const byId = gateway.requestMembers(guildId, { userIds: [ids[3] as string, "1"] });
    for await (const { members, notFound } of byId)
      expect([members.map(({ user }) => user.id), notFound]).toEqual([[ids[3]], ["1"]]);
    const named = await gateway.requestMembers(guildId, { query: "user001", limit: 4 }).all();
    expect(named.map(({ user }) => user["username"])).toEqual(["user0010", "user0011", "user0012", "user0013"]);
  });

  it("keeps two requests apart that run at the same time", async () => {
    addMembers(rig, 20);
    const { gateway, guildId } = await connect();
    const [ones, zeros] = await Promise.all([
      gateway.requestMembers(guildId, { query: "user001" }).all(),
      gateway.requestMembers(guildId, { query: "user000" }).all(),
    ]);
    expect([ones.length, zeros.length, ones[0]?.user["username"]]).toEqual([10, 10, "user0010"]);
  });

  it("waits as long as Discord says when somebody else has asked within 30 s", async () => {
    const { gateway: other } = await connect();
    await other.requestMembers(rig.guildId).all();
    const { gateway, clock, guildId } = await connect();
    let limited = 0;
    gateway.subscribe(({ type }) => {
      if (type === "RATE_LIMITED") limited++;
    });
    const asking = gateway.requestMembers(guildId).all();
    const settled = asking.catch((error: unknown) => error);
    await expect.poll(() => limited).toBe(1);
    // The simulator's own clock has not moved, so it says so again and again.
    await clock.advance(30_000);
    await expect.poll(() => limited).toBeGreaterThan(1);
    await gateway.close();
    expect(await settled).toMatchObject({ code: "GATEWAY_CLOSED" });
  });

  it("rejects when no chunk comes, when it is aborted, and for what Discord would refuse", async () => {
    const { gateway, clock, guildId } = await connect();
    rig.simulator.world.silenceConnections({});
    const late = gateway.requestMembers(guildId, { query: "a" }).all();
    const failed = late.catch((error: unknown) => error);
    await clock.advance(15_000);
    expect(await failed).toMatchObject({ code: "GATEWAY_MEMBERS_TIMED_OUT", retryable: true });
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(gateway.requestMembers(guildId, { query: "a", signal }).all()).rejects.toThrow("enough");
    for (const options of [
      { userIds: [] },
      { userIds: Array<string>(101).fill("1") },
      { userIds: ["1"], query: "a" },
      { query: "" },
      { limit: 3 },
      { query: "a", limit: 101 },
    ]) {
      expect(() => gateway.requestMembers(guildId, options)).toThrow(
        expect.objectContaining({ code: "GATEWAY_INVALID_OPTIONS" }),
      );
    }
  });
});
