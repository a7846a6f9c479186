import fc from "fast-check";
import { expect, test } from "vitest";
import {
  commandSubject,
  commandSubjectPattern,
  discoveryPollSubject,
  eventSubject,
  eventSubjectPattern,
  groupRestartSubject,
  lifecycleSubject,
  normalizeSubjectToken,
  serviceCommandSubject,
  userLevelSubjects,
} from "./subject.ts";

// What kryten-py's normalize_token gives, run on each.
test.each([
  ["420Grindhouse", "420grindhouse"],
  ["My Channel!", "my-channel"],
  ["Cytu.be", "cytube"],
  ["a*b>c", "abc"],
  ["snake_case-dash", "snake_case-dash"],
  ["Größe", "größe"],
  ["x".repeat(150), "x".repeat(100)],
])("%j is the token %j", (given, token) => {
  expect(normalizeSubjectToken(given)).toBe(token);
});

test("control characters, which kryten lets through, are left out", () => {
  expect(normalizeSubjectToken("a\tb\r\nc\u0000")).toBe("abc");
});

test.each(["", "...", "*", "!?"])("%j is refused", (given) => {
  expect(() => normalizeSubjectToken(given)).toThrow(expect.objectContaining({ code: "KRYTEN_SUBJECT_INVALID" }));
});

test("any text becomes one token or is refused, and normalising twice changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
      try {
        const token = normalizeSubjectToken(text);
        expect(token).not.toMatch(/[\s.*>]/u);
        expect(normalizeSubjectToken(token)).toBe(token);
      } catch (error) {
        expect(error).toMatchObject({ code: "KRYTEN_SUBJECT_INVALID" });
      }
    }),
  );
});

test("events have a subject each, and patterns for all channels or all names", () => {
  expect(eventSubject("Lounge", "chatMsg")).toBe("kryten.events.cytube.lounge.chatmsg");
  expect(eventSubjectPattern({ eventName: "chatMsg" })).toBe("kryten.events.cytube.*.chatmsg");
  expect(eventSubjectPattern({ channel: "Lounge" })).toBe("kryten.events.cytube.lounge.*");
  expect(eventSubjectPattern()).toBe("kryten.events.cytube.*.*");
});

test("commands have a subject in both dialects", () => {
  expect(commandSubject("lounge", "chat")).toBe("kryten.commands.cytube.lounge.chat");
  expect(commandSubjectPattern("Lounge")).toBe("kryten.commands.cytube.lounge.>");
  expect(serviceCommandSubject("robot")).toBe("kryten.robot.command");
});

test("services have subjects for their lifecycle", () => {
  expect(lifecycleSubject("robot", "startup")).toBe("kryten.lifecycle.robot.startup");
  expect(lifecycleSubject("robot", "heartbeat")).toBe("kryten.lifecycle.robot.heartbeat");
  expect(lifecycleSubject("robot", "shutdown")).toBe("kryten.lifecycle.robot.shutdown");
  expect(lifecycleSubject("*", "startup")).toBe("kryten.lifecycle.*.startup");
  expect(discoveryPollSubject).toBe("kryten.service.discovery.poll");
  expect(groupRestartSubject).toBe("kryten.lifecycle.group.restart");
});

test("the rank is asked for on kryten-robot's subject, and on the one where kryten-py asks", () => {
  expect(userLevelSubjects("localhost:18443", "Lounge")).toEqual([
    "kryten.user_level.localhost:18443.Lounge",
    "cytube.user_level.localhost:18443.lounge",
  ]);
  for (const wrong of ["a b", "a..b", "*", "", ">"])
    expect(() => userLevelSubjects(wrong, "lounge")).toThrow(
      expect.objectContaining({ code: "KRYTEN_SUBJECT_INVALID" }),
    );
});

test("a subject over 255 characters is refused", () => {
  const long = "x".repeat(100);
  expect(() => userLevelSubjects(`${long}.${long}`, long)).toThrow(
    expect.objectContaining({ code: "KRYTEN_SUBJECT_INVALID" }),
  );
});
