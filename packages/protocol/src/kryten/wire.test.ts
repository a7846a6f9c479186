import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cytubeRanks, defaultPermissions } from "../cytube/index.ts";
import {
  decodeKrytenCommand,
  decodeLegacyKrytenCommand,
  encodeKrytenCommand,
  encodeLegacyKrytenCommand,
} from "./command.ts";
import { krytenEventNames } from "./event-names.ts";
import { decodeKrytenEvent, encodeKrytenEvent, krytenEventSchema } from "./event.ts";
import {
  decodeGroupRestart,
  decodeLifecycle,
  encodeGroupRestart,
  encodeLifecycle,
  startupEventSchema,
} from "./lifecycle.ts";
import {
  chatMessageEventSchema,
  toChangeMediaEvent,
  toChatMessageEvent,
  toUserJoinEvent,
  toUserLeaveEvent,
} from "./named-event.ts";
import { decodeKrytenReply, encodeKrytenReply } from "./reply.ts";
import { requiredRanks } from "./required-rank.ts";
import { commandSubject, eventSubject, lifecycleSubject } from "./subject.ts";
import { formatKrytenTimestamp, parseKrytenTimestamp } from "./timestamp.ts";

// Captured between kryten-py 0.17.4, kryten-robot 1.12.4 and nats-server 2.9.10, November 2026: subject and data of each message.
const captured = readFileSync(new URL("__fixtures__/kryten-wire.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { readonly s: string; readonly d: string });
const on = (prefix: string) => captured.filter(({ s }) => s.startsWith(prefix));
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);
/** What Python wrote without its spaces and \u escapes, which mean nothing. */
const compact = (python: string) => JSON.stringify(JSON.parse(python));
/** With microseconds, which Date does not have. */
const exactMs = (timestamp: string) =>
  (parseKrytenTimestamp(timestamp) ?? Number.NaN) + Number(timestamp.slice(23, 26)) / 1000;

test("every captured event is read, typed, and written again byte for byte", () => {
  const events = on("kryten.events.cytube.");
  expect(events.length).toBeGreaterThan(40);
  for (const { s, d } of events) {
    const event = decodeKrytenEvent(bytes(d));
    expect(event.known, s).toBe(true);
    expect(eventSubject(event.channel, event.eventName)).toBe(s);
    const again = encodeKrytenEvent({ ...event, publishedAtMs: exactMs(event.timestamp) });
    expect(text(again)).toBe(compact(d));
  }
});

test("an event of an unknown name or another payload stays raw", () => {
  const envelope = {
    channel: "lounge",
    domain: "cytu.be",
    timestamp: "2026-11-21T08:14:06.015730+00:00",
    correlation_id: "1",
  };
  const read = (event_name: string, payload: unknown) =>
    decodeKrytenEvent(bytes(JSON.stringify({ event_name, payload, ...envelope })));
  expect(read("novelty", { a: 1 })).toMatchObject({ known: false, eventName: "novelty", payload: { a: 1 } });
  expect(read("chatMsg", "text")).toMatchObject({ known: false, eventName: "chatMsg", payload: "text" });
  expect(() => decodeKrytenEvent(bytes("{}"))).toThrow(expect.objectContaining({ code: "KRYTEN_MESSAGE_INVALID" }));
  expect(() => decodeKrytenEvent(Uint8Array.of(0xff))).toThrow(
    expect.objectContaining({ code: "KRYTEN_MESSAGE_INVALID" }),
  );
  expect(krytenEventSchema.safeParse({ event_name: "" }).success).toBe(false);
});

test("decoding never throws anything but its own error", () => {
  const input = fc.oneof(fc.uint8Array(), fc.json().map(bytes));
  for (const decode of [
    decodeKrytenEvent,
    decodeKrytenCommand,
    decodeKrytenReply,
    decodeLifecycle,
    decodeGroupRestart,
  ]) {
    fc.assert(
      fc.property(input, (data) => {
        try {
          decode(data);
        } catch (error) {
          expect(error).toMatchObject({ code: "KRYTEN_MESSAGE_INVALID" });
        }
      }),
    );
  }
});

test("chat, joins, leaves and media have the names of kryten-py", () => {
  const first = (name: string) => {
    const found = captured.find(({ s }) => s === eventSubject("lounge", name));
    return decodeKrytenEvent(bytes(found?.d ?? ""));
  };
  expect(toChatMessageEvent(first("chatMsg"))).toMatchObject({
    username: "GuestG",
    message: "f3",
    sentAtMs: 1795248563480,
    shadow: false,
    channel: "lounge",
  });
  expect(toChatMessageEvent(first("pm"))).toMatchObject({ username: "bot1", message: "psst" });
  expect(toUserJoinEvent(first("addUser"))).toMatchObject({ username: "bot1", rank: 1 });
  expect(toUserLeaveEvent(first("userLeave"))).toMatchObject({ username: "Watcher" });
  expect(toChangeMediaEvent(first("changeMedia"))).toMatchObject({ mediaType: "cm", durationSeconds: 120 });
  for (const convert of [toChatMessageEvent, toUserJoinEvent, toUserLeaveEvent, toChangeMediaEvent])
    expect(convert(first("usercount"))).toBeUndefined();
  expect(chatMessageEventSchema.parse({ username: "a", msg: "b", time: 1, meta: { shadow: true } }).shadow).toBe(true);
});

test("the names of events are CyTube's own", () => {
  expect(krytenEventNames).toEqual(expect.arrayContaining(["chatMsg", "addUser", "userLeave", "changeMedia"]));
  expect(new Set(krytenEventNames).size).toBe(krytenEventNames.length);
});

test("commands of kryten-py are read and written again byte for byte", () => {
  const fromPython = on("kryten.robot.command").filter(({ d }) => d.startsWith('{"command": ') && d.includes('"meta"'));
  expect(fromPython.length).toBeGreaterThan(0);
  for (const { d } of fromPython) {
    const { command, args, source = "", domain = "", channel = "", requestId = "" } = decodeKrytenCommand(bytes(d));
    const { timestamp } = (JSON.parse(d) as { meta: { timestamp: string } }).meta;
    const again = encodeKrytenCommand({
      command,
      args,
      source,
      domain,
      channel,
      requestId,
      sentAtMs: exactMs(timestamp),
    });
    expect(text(again)).toBe(compact(d));
  }
});

test("requests for state have their arguments at the top, those for the playlist in payload", () => {
  const read = (value: unknown) => decodeKrytenCommand(bytes(JSON.stringify(value)));
  expect(read({ service: "robot", command: "state.user", username: "ada" })).toMatchObject({
    command: "state.user",
    service: "robot",
    args: { username: "ada" },
    requestId: undefined,
  });
  expect(read({ service: "robot", command: "playlist.delete", payload: { uid: 0 } }).args).toEqual({ uid: 0 });
  for (const wrong of [{ service: "robot" }, { command: "" }, { command: "say", args: [] }, [], null, 5])
    expect(() => read(wrong)).toThrow(expect.objectContaining({ code: "KRYTEN_MESSAGE_INVALID" }));
});

test("the old dialect is read and written", () => {
  // kryten-py 0.6.0
  const wire =
    '{"action": "chat", "data": {"message": "hi"}, "correlation_id": "uuid4", "timestamp": "2025-12-09T10:00:00.000000+00:00"}';
  const command = decodeLegacyKrytenCommand(commandSubject("lounge", "chat"), bytes(wire));
  expect(command).toMatchObject({
    dialect: "legacy",
    command: "chat",
    args: { message: "hi" },
    channel: "lounge",
    requestId: "uuid4",
  });
  const again = encodeLegacyKrytenCommand({
    command: "chat",
    args: { message: "hi" },
    source: "",
    domain: "",
    channel: "lounge",
    requestId: "uuid4",
    sentAtMs: Date.UTC(2025, 11, 9, 10),
  });
  expect(text(again)).toBe(compact(wire));
  expect(decodeLegacyKrytenCommand("kryten.commands.cytube.lounge.playlist.add", bytes("{}")).command).toBe(
    "playlist.add",
  );
  expect(() => decodeLegacyKrytenCommand("kryten.robot.command", bytes("{}"))).toThrow(
    expect.objectContaining({ code: "KRYTEN_MESSAGE_INVALID" }),
  );
});

test("every captured reply is read; what failed inside did not succeed", () => {
  const replies = on("_INBOX");
  expect(replies.length).toBeGreaterThan(20);
  for (const { d } of replies) {
    const wire = JSON.parse(d) as { success: boolean; data?: { success?: boolean } };
    const reply = decodeKrytenReply(bytes(d));
    expect(reply.ok).toBe(wire.success && wire.data?.success !== false);
  }
  const say = replies.find(({ d }) => d.includes('"say"'));
  expect(text(encodeKrytenReply("robot", "say", { ok: true, data: { success: true } }))).toBe(compact(say?.d ?? ""));
  const failed = encodeKrytenReply("robot", "x", { ok: false, error: "no", code: "ROBOT_UNKNOWN_COMMAND" });
  expect(decodeKrytenReply(failed)).toEqual({ ok: false, error: "no", code: "ROBOT_UNKNOWN_COMMAND" });
});

test("lifecycle events are read and written again byte for byte", () => {
  const events = on("kryten.lifecycle.probe.");
  expect(events.length).toBeGreaterThan(3);
  for (const { s, d } of events) {
    const message = decodeLifecycle(bytes(d));
    expect(lifecycleSubject(message.service, s.split(".").at(-1) ?? "")).toBe(s);
    const again = encodeLifecycle({
      ...message,
      instanceId: undefined,
      sentAtMs: exactMs(message.timestamp),
      uptimeMs: message.uptime_seconds * 1000,
      metadata: message.metadata,
      ...(message.reason === undefined ? {} : { extra: { reason: message.reason } }),
    });
    expect(text(again)).toBe(compact(d));
  }
  expect(startupEventSchema.parse(decodeLifecycle(bytes(events[0]?.d ?? "")))).toMatchObject({
    hostname: "vm",
    version: "9.9.9",
    metadata: { endpoints: { health: { port: 28282 } } },
  });
});

test("a group restart is read and written", () => {
  const data = encodeGroupRestart({ initiator: "cli", reason: "test", delaySeconds: 1, sentAtMs: 0 });
  expect(text(data)).toBe(
    '{"initiator":"cli","reason":"test","delay_seconds":1,"timestamp":"1970-01-01T00:00:00.000000+00:00"}',
  );
  expect(decodeGroupRestart(data)).toMatchObject({ initiator: "cli", delay_seconds: 1 });
  expect(() => decodeGroupRestart(bytes('{"delay_seconds": 9000}'))).toThrow(
    expect.objectContaining({ code: "KRYTEN_MESSAGE_INVALID" }),
  );
});

test("timestamps have microseconds and +00:00, never Z", () => {
  expect(formatKrytenTimestamp(Date.UTC(2026, 10, 21, 8, 14, 6, 15) + 0.73)).toBe("2026-11-21T08:14:06.015730+00:00");
  expect(parseKrytenTimestamp("2026-11-21T08:14:57.597Z")).toBe(Date.UTC(2026, 10, 21, 8, 14, 57, 597));
  expect(parseKrytenTimestamp("soon")).toBeUndefined();
});

test("moderation needs a moderator, admin functions an admin, as the channel's permissions say", () => {
  expect(requiredRanks.banUser).toBe(cytubeRanks.moderator);
  expect(requiredRanks.kickUser).toBe(defaultPermissions.kick);
  for (const name of ["setMotd", "setChannelCss", "setPermissions", "updateEmote", "addFilter"] as const)
    expect(requiredRanks[name]).toBe(cytubeRanks.admin);
  expect(requiredRanks.setChannelRank).toBe(cytubeRanks.admin);
  expect(requiredRanks.vote).toBe(cytubeRanks.anonymous);
});
