import { AntiphonError } from "@antiphon/std";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { BusTransport } from "../bus/bus-transport.ts";
import { createMemoryBus } from "../bus/memory-bus.ts";
import { botCommandSubject, botEventSubject, defineBusCommand, openBotBridge } from "./bot-bridge.ts";
import type { BotEvent } from "./bot-envelope.ts";
import { createBotRemote } from "./bot-remote.ts";

let bus: BusTransport;
beforeEach(() => {
  bus = createMemoryBus();
});
afterEach(() => bus.close());

test("events reach a remote with their guild and data, the same id once", async () => {
  const bridge = await openBotBridge({ bus, app: "my bot" });
  const remote = createBotRemote({ bus, app: "my bot" });
  const events: BotEvent[] = [];
  const done = Promise.withResolvers<void>();
  await remote.onEvent("*", (event) => {
    events.push(event);
    if (events.length === 2) done.resolve();
  });
  await bridge.publish({ id: "1", name: "trackStart", guildId: "42", data: { title: "Tidewater" } });
  await bridge.publish({ id: "1", name: "trackStart", guildId: "42", data: { title: "Tidewater" } });
  await bridge.publish({ id: "2", name: "ready", guildId: null, data: null });
  await done.promise;
  expect(events).toMatchObject([
    { name: "trackStart", guildId: "42", data: { title: "Tidewater" } },
    { name: "ready", guildId: null },
  ]);
});

test("commands are checked, run, and answered", async () => {
  await openBotBridge({
    bus,
    app: "bot",
    commands: {
      skip: defineBusCommand({
        schema: z.object({ guildId: z.string() }),
        run: async ({ guildId }) => `skipped in ${guildId}`,
      }),
      fail: defineBusCommand({
        schema: z.object({}),
        run: () => Promise.reject(new AntiphonError("BOT_NOT_PLAYING", "Nothing plays.")),
      }),
      crash: defineBusCommand({ schema: z.object({}), run: () => Promise.reject(new Error("token=secret")) }),
    },
  });
  const remote = createBotRemote({ bus, app: "bot" });
  expect(await remote.command("skip", { guildId: "42" })).toBe("skipped in 42");
  await expect(remote.command("skip", { guildId: 42 })).rejects.toMatchObject({ code: "COMMAND_INVALID" });
  await expect(remote.command("fail", {})).rejects.toMatchObject({
    code: "BOT_NOT_PLAYING",
    message: "Nothing plays.",
  });
  await expect(remote.command("crash", {})).rejects.toMatchObject({ code: "COMMAND_FAILED", message: "crash failed." });
  await expect(remote.command("unknown", {})).rejects.toMatchObject({ code: "BRIDGE_NO_RESPONDER" });
  const reply = await bus.request(botCommandSubject("bot", "skip"), new Uint8Array([0xff, 0x00]));
  expect(new TextDecoder().decode(reply)).toContain("COMMAND_NOT_JSON");
});

test("answers say whether to try again, and those of the version before are understood", async () => {
  const busy = () => Promise.reject(new AntiphonError("BOT_BUSY", "Later.", { retryable: true }));
  await openBotBridge({
    bus,
    app: "bot",
    commands: {
      busy: defineBusCommand({ schema: z.object({}), run: busy }),
      nothing: { schema: z.object({}), run: async () => undefined },
    },
  });
  const ask = async (name: string) =>
    JSON.parse(Buffer.from(await bus.request(botCommandSubject("bot", name), Buffer.from("{}"))).toString()) as unknown;
  expect(await ask("busy")).toEqual({ ok: false, error: { code: "BOT_BUSY", message: "Later.", retryable: true } });
  expect(await ask("nothing")).toEqual({ ok: true, data: null });
  const remote = createBotRemote({ bus, app: "bot" });
  await expect(remote.command("busy", {})).rejects.toMatchObject({ code: "BOT_BUSY", retryable: true });

  await bus.respond(botCommandSubject("old", "skip"), async () => Buffer.from('{"ok":true,"result":"skipped"}'));
  const refused = '{"ok":false,"error":{"code":"BOT_NOT_PLAYING","message":"Nothing plays."}}';
  await bus.respond(botCommandSubject("old", "fail"), async () => Buffer.from(refused));
  const old = createBotRemote({ bus, app: "old" });
  expect(await old.command("skip", {})).toBe("skipped");
  await expect(old.command("fail", {})).rejects.toMatchObject({ code: "BOT_NOT_PLAYING", retryable: false });
});

test("of many processes the one that has the guild runs its commands, and any runs the others", async () => {
  const ran: string[] = [];
  const openWorker = (name: string, guilds: readonly string[]) =>
    openBotBridge({
      bus,
      app: "bot",
      owns: (guildId) => guilds.includes(guildId),
      commands: {
        skip: defineBusCommand({
          schema: z.object({ guildId: z.string() }),
          guildOf: ({ guildId }) => guildId,
          run: async ({ guildId }) => ran.push(`${name} skips in ${guildId}`),
        }),
        version: defineBusCommand({ schema: z.object({}), run: async () => ran.push("version") }),
      },
    });
  await openWorker("a", ["1", "2"]);
  await openWorker("b", ["3"]);
  await openWorker("c", []);
  const remote = createBotRemote({ bus, app: "bot" });
  for (const guildId of ["3", "1", "3", "2"]) await remote.command("skip", { guildId });
  expect(ran.splice(0)).toEqual(["b skips in 3", "a skips in 1", "b skips in 3", "a skips in 2"]);
  await remote.command("version", {});
  expect(ran.splice(0)).toEqual(["version"]);
  await expect(remote.command("skip", { guildId: "4" }, { timeoutMs: 50 })).rejects.toMatchObject({
    code: "BRIDGE_REQUEST_TIMED_OUT",
    retryable: true,
  });
  await expect(remote.command("skip", {})).rejects.toMatchObject({ code: "COMMAND_INVALID" });
});

test("what is no event is skipped and counted", async () => {
  const remote = createBotRemote({ bus, app: "bot" });
  const seen = Promise.withResolvers<BotEvent>();
  await remote.onEvent("*", seen.resolve);
  const subject = botEventSubject("bot", "x", null);
  for (const text of ["{", "[]", "{}", '{"version":2}'])
    await bus.publish(subject, new TextEncoder().encode(text), { id: text });
  await (await openBotBridge({ bus, app: "bot" })).publish({ id: "1", name: "x", guildId: null, data: 1 });
  expect((await seen.promise).data).toBe(1);
  expect(remote.malformed).toBe(4);
});

test("an event that every listener would skip is refused, and an answer that is none has a code", async () => {
  const bridge = await openBotBridge({ bus, app: "bot" });
  const event = { id: "1", name: "x", guildId: "42", data: null };
  const invalid = { code: "BRIDGE_PAYLOAD_INVALID" };
  for (const wrong of [{ id: "i".repeat(201) }, { id: "" }, { name: "n".repeat(101) }, { guildId: "g".repeat(21) }])
    await expect(bridge.publish({ ...event, ...wrong })).rejects.toMatchObject(invalid);
  await bridge.publish(event);
  expect(bus.stats.published).toBe(1);
  await bus.respond(botCommandSubject("bot", "odd"), async () => Buffer.from("[]"));
  await expect(createBotRemote({ bus, app: "bot" }).command("odd", {})).rejects.toMatchObject(invalid);
});

test("a closed bridge answers no more", async () => {
  const command = defineBusCommand({ schema: z.unknown(), run: async () => 1 });
  const bridge = await openBotBridge({ bus, app: "bot", commands: { one: command } });
  await bridge.close();
  await bridge.close();
  await expect(createBotRemote({ bus, app: "bot" }).command("one", {})).rejects.toMatchObject({
    code: "BRIDGE_NO_RESPONDER",
  });
});
