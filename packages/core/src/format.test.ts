import { describe, expect, it } from "vitest";
import {
  channelMention,
  escapeMarkdown,
  escapeMentions,
  roleMention,
  timestamp,
  truncate,
  userMention,
} from "./format.ts";

describe("escapeMarkdown", () => {
  it.each([
    ["**bold** _it_ ~~s~~ ||sp|| `code`", String.raw`\*\*bold\*\* \_it\_ \~\~s\~\~ \|\|sp\|\| \`code\``],
    ["[text](https://x.y)", String.raw`\[text\](https:\//x.y)`],
    ["# head\n> quote\n- item\n1. one", "\\# head\n\\> quote\n\\- item\n1\\. one"],
    ["<@1> <#2> a > b", String.raw`\<@1> \<#2> a > b`],
    ["Song (feat. X) #1 - Live", "Song (feat. X) #1 - Live"],
    [String.raw`back\slash`, String.raw`back\\slash`],
  ])("%s", (text, escaped) => expect(escapeMarkdown(text)).toBe(escaped));
});

describe("escapeMentions", () => {
  it("breaks every kind of mention and leaves the rest", () => {
    const text = "@everyone @here <@123> <@!123> <@&123> <#123> mail@example.org";
    const escaped = escapeMentions(text);
    expect(escaped).not.toMatch(/@(everyone|here)|<@[!&]?\d|<#\d/);
    expect(escaped.replaceAll("\u200B", "")).toBe(text);
    expect(escaped).toContain("mail@example.org");
  });
});

describe("mentions and timestamps", () => {
  it("are as documented", () => {
    expect([userMention("1"), channelMention("2"), roleMention("3")]).toEqual(["<@1>", "<#2>", "<@&3>"]);
    expect([timestamp(1_700_000_000_999), timestamp(new Date(0), "R")]).toEqual(["<t:1700000000>", "<t:0:R>"]);
  });
});

describe("truncate", () => {
  it.each([
    ["short", 5, "short"],
    ["longer", 5, "long…"],
    ["a b c", 3, "a…"],
    ["👨‍👩‍👧‍👦 family", 5, "…"],
    ["ab👨‍👩‍👧‍👦", 14, "ab👨‍👩‍👧‍👦"],
    ["e\u0301e\u0301e\u0301", 4, "e\u0301…"],
    ["x", 0, ""],
  ])("%s to %d", (text, length, cut) => {
    expect(truncate(text, length)).toBe(cut);
    expect(truncate(text, length).length).toBeLessThanOrEqual(length);
  });
});
