import { describe, expect, test } from "vitest";
import type { PageCommand } from "../src/page-protocol.ts";
import { parseCommandLine, withFocusedText } from "../web/command-line.ts";

const option = (name: string, type: number, required = false) => ({
  name,
  description: name,
  type,
  required,
  autocomplete: false,
  choices: [],
});
const commands: readonly PageCommand[] = [
  { name: "play", description: "", options: [option("query", 3, true)] },
  {
    name: "move",
    description: "",
    options: [
      option("from", 4, true),
      option("to", 4),
      { ...option("mode", 3), choices: [{ name: "Loop it", value: "loop" }] },
    ],
  },
  { name: "stop", description: "", options: [] },
];

describe("the command line", () => {
  test("text without a name belongs to the first option", () => {
    expect(parseCommandLine("/play night bus", commands)).toMatchObject({
      options: [{ name: "query", value: "night bus" }],
      missing: [],
    });
  });

  test("colons in a text are no options", () => {
    expect(parseCommandLine("/play https://example.org/a.mp3", commands)?.options).toEqual([
      { name: "query", value: "https://example.org/a.mp3" },
    ]);
  });

  test("named options are read by their types", () => {
    expect(parseCommandLine("/move from:1 to:2 mode:Loop it", commands)).toMatchObject({
      options: [
        { name: "from", value: 1 },
        { name: "to", value: 2 },
        { name: "mode", value: "loop" },
      ],
      focused: { name: "mode" },
      focusedText: "Loop it",
    });
  });

  test("says what is missing", () => {
    expect(parseCommandLine("/move to:2", commands)?.missing.map(({ name }) => name)).toEqual(["from"]);
    expect(parseCommandLine("/play ", commands)?.missing.map(({ name }) => name)).toEqual(["query"]);
  });

  test.each(["hello", "/unknown", "/", "play x"])("%j is no command", (text) => {
    expect(parseCommandLine(text, commands)).toBeUndefined();
  });

  test("a suggestion replaces what was typed of its option", () => {
    const line = parseCommandLine("/move from:1 mode:lo", commands);
    expect(line && withFocusedText(line, "Loop it")).toBe("/move from:1 mode:Loop it");
    const play = parseCommandLine("/play ni", commands);
    expect(play && withFocusedText(play, "Night Bus")).toBe("/play Night Bus");
  });
});

test("a subcommand is called by all its words", () => {
  const channel = { name: "channel", description: "", type: 3, required: true, autocomplete: false, choices: [] };
  const grouped: PageCommand[] = [
    { name: "cytube link", description: "", options: [channel] },
    { name: "cytube link all", description: "", options: [] },
    { name: "cytube unlink", description: "", options: [] },
  ];
  expect(parseCommandLine("/cytube link lounge", grouped)).toMatchObject({
    command: { name: "cytube link" },
    options: [{ name: "channel", value: "lounge" }],
  });
  expect(parseCommandLine("/cytube link all", grouped)?.command.name).toBe("cytube link all");
  expect(parseCommandLine("/cytube unlink", grouped)?.command.name).toBe("cytube unlink");
  expect(parseCommandLine("/cytube unlinked", grouped)).toBeUndefined();
  expect(parseCommandLine("/cytube", grouped)).toBeUndefined();
});
