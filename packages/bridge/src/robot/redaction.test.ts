import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { redactLog, redactPayload } from "./redaction.ts";

// Captured from CyTube 3.86.0, November 2026, by a moderator's socket: with cloaked addresses and aliases.
const captured = readFileSync(new URL("__fixtures__/moderator-frames.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { readonly name: string; readonly payload: unknown });

test("nothing that a moderator sees of addresses and aliases is left", () => {
  const before = JSON.stringify(captured);
  expect(before).toMatch(/"ip":"yFA/);
  const after = JSON.stringify(captured.map(redactPayload));
  expect(after).not.toMatch(/"ip":"[^*]|"aliases":|yFA\.j8g|aliases: bot1/);
  expect(after).toContain("GuestG joined (aliases: [redacted])");
  expect(after).toContain('"afk":false');
});

test("the channel's password is only said to be there", () => {
  const redact = (password: unknown) => redactPayload({ name: "channelOpts", payload: { pagetitle: "x", password } });
  expect(redact("sesame")).toEqual({ pagetitle: "x", password: true });
  expect(redact(false)).toEqual({ pagetitle: "x", password: false });
});

test("bans and logs lose their addresses, chat keeps its words", () => {
  expect(redactPayload({ name: "banlist", payload: [{ id: 1, ip: "yFA.j8g.iXh", name: "eve" }] })).toEqual([
    { id: 1, ip: "*", name: "eve" },
  ]);
  expect(redactLog("Accepted connection from yFA.j8g.iXh.gvS\nx logged in (aliases: a,b) from 10.0.0.1")).toBe(
    "Accepted connection from [address]\nx logged in (aliases: [redacted]) from [address]",
  );
  const chat = { username: "ada", msg: "my aliases (aliases: none) are mine" };
  expect(redactPayload({ name: "chatMsg", payload: chat })).toBe(chat);
});

test("a payload of another shape passes as it is", () => {
  for (const name of ["userlist", "addUser", "channelOpts", "banlist", "readChanLog", "chatMsg"])
    for (const payload of [null, 5, "text", {}]) expect(redactPayload({ name, payload })).toEqual(payload);
});

test.each([
  ["of four times three letters of base64", "a+b.c/d.eFg.h-_"],
  ["of three", "abc.def.ghi"],
  ["of a range", "abc.def.*"],
  ["of a range with all its places", "abc.def.ghi.*"],
  ["of the sixth version", "a+bC:d/eF:0123:wxyz"],
  ["of a range of the sixth version", "abcd:efgh:ijkl:*"],
  ["of the fourth version, bare", "192.168.10.1"],
  ["of the sixth version, bare", "2001:db8:0:1:2:3:4:5"],
  ["of the sixth version, short", "2001:DB8::8a2e:370"],
])("no address is left in a log: %s", (_, address) => {
  for (const [before, after] of [
    ["Accepted connection from ", ""],
    ["(", ")"],
    ["ip:", ", gone."],
  ])
    expect(redactLog(`[12:34:56] x ${before}${address}${after}`)).toBe(`[12:34:56] x ${before}[address]${after}`);
});
