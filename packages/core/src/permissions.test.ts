import { PermissionFlagsBits, type APIChannel } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { computePermissions, type ComputePermissionsInput } from "./compute-permissions.ts";
import { GatewayIntents, resolveIntents } from "./intents.ts";
import {
  allPermissions,
  hasPermissions,
  listPermissions,
  Permissions,
  resolvePermissions,
  type PermissionName,
} from "./permissions.ts";

describe("tables", () => {
  it("have every documented bit once", () => {
    const documented = Object.values(PermissionFlagsBits).reduce((bits, bit) => bits | bit, 0n);
    expect(allPermissions).toBe(documented);
    expect(new Set(Object.values(Permissions)).size).toBe(Object.keys(Permissions).length);
    expect([Permissions.pinMessages, Permissions.bypassSlowmode, Permissions.setVoiceChannelStatus]).toEqual([
      1n << 51n,
      1n << 52n,
      1n << 48n,
    ]);
    expect(Object.values(GatewayIntents).reduce<number>((bits, bit) => bits | bit, 0)).toBe(53_608_447);
  });

  it("resolve names and reject others with a code", () => {
    expect(resolveIntents(["guilds", "guildVoiceStates", "guilds"])).toBe(129);
    expect(resolvePermissions(["connect", "speak"])).toBe(3_145_728n);
    expect(listPermissions("3145728")).toEqual(["connect", "speak"]);
    const unknown: readonly string[] = ["fly"];
    expect(() => resolvePermissions(unknown as readonly PermissionName[])).toThrow(
      expect.objectContaining({ code: "CORE_UNKNOWN_PERMISSION" }),
    );
    expect(() => resolvePermissions("-1")).toThrow(expect.objectContaining({ code: "CORE_UNKNOWN_PERMISSION" }));
  });

  it("an administrator has every permission", () => {
    expect(hasPermissions("8", ["banMembers"])).toBe(true);
    expect(hasPermissions(["connect"], ["connect", "speak"])).toBe(false);
  });
});

describe("computePermissions", () => {
  it("wants the channel of a thread, whose overwrites it does not have itself", () => {
    const thread = { id: "7", type: 11, parent_id: "6" } as APIChannel;
    const guild = { id: "400", owner_id: "1", roles: [] };
    expect(() => computePermissions({ guild, member: { userId: "2", roles: [] }, channel: thread })).toThrow(
      expect.objectContaining({ code: "CORE_OPTION_INVALID" }),
    );
  });

  const { viewChannel, sendMessages, connect, speak, readMessageHistory } = Permissions;
  const roles = [
    { id: "1", permissions: String(viewChannel | readMessageHistory | sendMessages) },
    { id: "2", permissions: String(connect) },
    { id: "3", permissions: "0" },
    { id: "9", permissions: "8" },
  ];
  const input = (own: readonly string[], rest: Partial<ComputePermissionsInput> = {}): ComputePermissionsInput => ({
    guild: { id: "1", owner_id: "100", roles },
    member: { userId: "200", roles: own },
    ...rest,
  });
  const overwrite = (id: string, type: number, allow: bigint, deny: bigint) => ({
    id,
    type,
    allow: String(allow),
    deny: String(deny),
  });

  it("adds the roles, and gives all to owners and administrators", () => {
    expect(computePermissions(input([]))).toBe(viewChannel | readMessageHistory | sendMessages);
    expect(computePermissions(input(["2"]))).toBe(viewChannel | readMessageHistory | sendMessages | connect);
    expect(computePermissions(input(["9"]))).toBe(allPermissions);
    expect(computePermissions({ ...input([]), member: { userId: "100", roles: [] } })).toBe(allPermissions);
  });

  it("applies overwrites of everyone, then of all roles together, then of the member", () => {
    const channel = {
      permission_overwrites: [
        overwrite("200", 1, speak, readMessageHistory),
        overwrite("2", 0, 0n, sendMessages),
        overwrite("3", 0, sendMessages, 0n),
        overwrite("1", 0, 0n, sendMessages),
      ],
    };
    expect(computePermissions(input(["2"], { channel }))).toBe(viewChannel | connect | speak);
    expect(computePermissions(input(["2", "3"], { channel }))).toBe(viewChannel | connect | speak | sendMessages);
  });

  it("gives nothing in a channel that cannot be seen, and only reading to who is timed out", () => {
    const hidden = { permission_overwrites: [overwrite("1", 0, 0n, viewChannel)] };
    expect(computePermissions(input(["2"], { channel: hidden }))).toBe(0n);
    const member = { userId: "200", roles: ["2"], communication_disabled_until: "2026-01-02T00:00:00Z" };
    const before = Date.parse("2026-01-01T00:00:00Z");
    expect(computePermissions(input([], { member, nowMs: before }))).toBe(viewChannel | readMessageHistory);
    expect(computePermissions(input([], { member, nowMs: before + 172_800_000 }))).toBe(
      viewChannel | readMessageHistory | sendMessages | connect,
    );
  });
});
