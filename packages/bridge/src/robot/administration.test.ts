import { createManualClock } from "@antiphon/std";
import { decodeKrytenCommand } from "@antiphon/protocol/kryten";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BusTransport } from "../bus/bus-transport.ts";
import { createMemoryBus } from "../bus/memory-bus.ts";
import {
  createAdminGate,
  createAdminKeys,
  sendAdminCommand,
  type AdminCommandOptions,
  type StopRequest,
} from "./administration.ts";

const keys = createAdminKeys();
const stranger = createAdminKeys();
const refused = { code: "ROBOT_SIGNATURE_REFUSED" };

let bus: BusTransport;
beforeEach(() => {
  bus = createMemoryBus();
});
afterEach(() => bus.close());

/** A signed command as it travels, caught on its way to the robot. */
async function signed(options: Partial<AdminCommandOptions> = {}) {
  const clock = options.clock ?? createManualClock();
  const caught = Promise.withResolvers<Uint8Array>();
  await using _robot = await bus.respond("kryten.robot.command", async ({ data }) => {
    caught.resolve(data);
    return new TextEncoder().encode('{"success":true}');
  });
  await sendAdminCommand({
    bus,
    command: "restart",
    domain: "cytu.be",
    channel: "lounge",
    sender: "operator",
    privateKey: keys.privateKey,
    clock,
    ...options,
  });
  return decodeKrytenCommand(await caught.promise);
}

function gateOf(clock = createManualClock()) {
  const senders = [{ name: "operator", publicKey: keys.publicKey }];
  return createAdminGate({ senders, domain: "cytu.be", channel: "lounge", clock });
}

test("takes what a listed sender signed, once", async () => {
  const gate = gateOf();
  const { command, args } = await signed({ reason: "new version", delaySeconds: 3 });
  const wanted: StopRequest = { action: "restart", sender: "operator", reason: "new version", delayMs: 3_000 };
  expect(gate.check(command, args)).toEqual(wanted);
  expect(() => gate.check(command, args)).toThrow(expect.objectContaining(refused));
  const second = await signed({ command: "shutdown" });
  expect(gate.check(second.command, second.args)).toMatchObject({ action: "shutdown" });
});

test.each<[string, Partial<AdminCommandOptions>]>([
  ["another key", { privateKey: stranger.privateKey }],
  ["a sender who is not listed", { sender: "somebody", privateKey: stranger.privateKey }],
  ["another channel", { channel: "other" }],
  ["another site", { domain: "other.tv" }],
  ["a clock that is an hour behind", { clock: createManualClock({ startMs: Date.UTC(2025, 11, 31, 23) }) }],
  ["a clock that is an hour ahead", { clock: createManualClock({ startMs: Date.UTC(2026, 0, 1, 1) }) }],
])("refuses what was signed with %s", async (_, options) => {
  const { command, args } = await signed(options);
  expect(() => gateOf().check(command, args)).toThrow(expect.objectContaining(refused));
});

test("refuses what was changed on the way, or is not signed at all", async () => {
  const { args } = await signed({ reason: "new version" });
  const gate = gateOf();
  const check = (command: string, changed: object) => () => gate.check(command, { ...args, ...changed });
  expect(check("shutdown", {})).toThrow(expect.objectContaining(refused));
  expect(check("restart", { reason: "other" })).toThrow(expect.objectContaining(refused));
  expect(check("restart", { delay_seconds: 300 })).toThrow(expect.objectContaining(refused));
  for (const signature of [undefined, "x", {}, { sender: "operator", signed_at_ms: 0, nonce: "12345678", value: "" }])
    expect(check("restart", { signature })).toThrow(expect.objectContaining(refused));
});

test("what an earlier robot may have carried out is not carried out again", async () => {
  const clock = createManualClock();
  const { command, args } = await signed({ clock });
  expect(gateOf(clock).check(command, args)).toMatchObject({ action: "restart" });
  await clock.advance(500);
  const next = gateOf(clock);
  expect(() => next.check(command, args)).toThrow(expect.objectContaining(refused));
  const fresh = await signed({ clock });
  expect(next.check(fresh.command, fresh.args)).toMatchObject({ action: "restart" });
});

test("a listed key that is none is said at the start", () => {
  const senders = [{ name: "operator", publicKey: "bm9uZQ==" }];
  expect(() => createAdminGate({ senders, domain: "a", channel: "b", clock: createManualClock() })).toThrow(
    expect.objectContaining({ code: "BRIDGE_CONFIG_UNREADABLE" }),
  );
});
