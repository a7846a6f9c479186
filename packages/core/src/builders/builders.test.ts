import { describe, expect, it } from "vitest";
import { messageBody } from "../message-body.ts";
import { errorPath } from "../../test/error-path.ts";
import { actionRow, button } from "./component.ts";
import { embed } from "./embed.ts";
import { modal } from "./modal.ts";
import { stringSelect } from "./select.ts";

describe("embed", () => {
  it("writes the API's JSON", () => {
    const built = embed({
      title: "Now playing",
      description: "d",
      url: "https://x.y",
      color: 0xff0000,
      timestamp: 0,
      imageUrl: "attachment://cover.png",
      thumbnailUrl: "https://x.y/t.png",
      author: { name: "a", iconUrl: "https://x.y/i.png" },
      footer: { text: "f" },
      fields: [{ name: "n", value: "v", inline: true }],
    });
    expect(built).toEqual({
      title: "Now playing",
      description: "d",
      url: "https://x.y",
      color: 0xff0000,
      timestamp: "1970-01-01T00:00:00.000Z",
      image: { url: "attachment://cover.png" },
      thumbnail: { url: "https://x.y/t.png" },
      author: { name: "a", icon_url: "https://x.y/i.png" },
      footer: { text: "f" },
      fields: [{ name: "n", value: "v", inline: true }],
    });
  });

  it.each([
    ["embed.title", () => embed({ title: "x".repeat(257) })],
    ["embed.description", () => embed({ description: "x".repeat(4097) })],
    ["embed.fields", () => embed({ fields: Array.from({ length: 26 }, () => ({ name: "n", value: "v" })) })],
    [
      "embed.fields[1].value",
      () =>
        embed({
          fields: [
            { name: "n", value: "v" },
            { name: "n", value: "" },
          ],
        }),
    ],
    ["embed.footer.text", () => embed({ footer: { text: "x".repeat(2049) } })],
    ["embed.imageUrl", () => embed({ imageUrl: "javascript:alert(1)" })],
    ["embed.color", () => embed({ color: 0x1000000 })],
    ["embed", () => embed({ description: "x".repeat(4096), footer: { text: "x".repeat(2000) } })],
    ["built", () => embed({ description: "x".repeat(4096), footer: { text: "x".repeat(1904) } })],
  ])("%s", (path, build) => expect(errorPath(build)).toBe(path));
});

describe("an error of a builder", () => {
  it("names field, value and limits in its details", () => {
    expect(() => embed({ title: "x".repeat(300) })).toThrow(
      expect.objectContaining({
        code: "CORE_BUILDER_INVALID",
        message: "embed.title is 300 characters long; 1 to 256 are allowed",
        details: { path: "embed.title", value: 300, minimum: 1, maximum: 256 },
      }),
    );
  });
});

describe("components", () => {
  it("write the API's JSON", () => {
    const row = actionRow(
      button({ customId: "a", label: "A", style: "primary" }),
      button({ url: "https://x.y", emoji: "🎵" }),
    );
    expect(row).toEqual({
      type: 1,
      components: [
        { type: 2, style: 1, custom_id: "a", label: "A" },
        { type: 2, style: 5, url: "https://x.y", emoji: { name: "🎵" } },
      ],
    });
    const menu = stringSelect({
      customId: "s",
      options: [{ label: "l", value: "v", selected: true }],
      maximumValues: 1,
    });
    expect(menu).toEqual({
      type: 3,
      custom_id: "s",
      options: [{ label: "l", value: "v", default: true }],
      max_values: 1,
    });
    const form = modal({
      customId: "m",
      title: "t",
      inputs: [{ customId: "i", label: "l", paragraph: true, required: false }],
    });
    expect(form.components).toEqual([
      { type: 18, label: "l", component: { type: 4, custom_id: "i", style: 2, required: false } },
    ]);
  });

  const plain = button({ customId: "a", label: "A" });
  const menu = stringSelect({ customId: "s", options: [{ label: "l", value: "v" }] });
  it.each([
    ["button", () => button({ customId: "a" })],
    ["button.label", () => button({ customId: "a", label: "x".repeat(81) })],
    ["button.customId", () => button({ customId: "x".repeat(101), label: "A" })],
    ["button.url", () => button({ url: "file:///etc/passwd", label: "A" })],
    ["actionRow.components", () => actionRow()],
    ["actionRow.components", () => actionRow(...Array.from({ length: 6 }, () => plain))],
    ["actionRow.components", () => actionRow<typeof plain | typeof menu>(plain, menu)],
    ["stringSelect.options", () => stringSelect({ customId: "s", options: [] })],
    ["embed.timestamp", () => embed({ timestamp: new Date("yesterday") })],
    ["embed.timestamp", () => embed({ timestamp: Number.NaN })],
    ["modal.title", () => modal({ customId: "m", title: "x".repeat(46), inputs: [] })],
    ["modal.inputs[0].label", () => modal({ customId: "m", title: "t", inputs: [{ customId: "i", label: "" }] })],
  ])("%s", (path, build) => expect(errorPath(build)).toBe(path));
});

describe("messageBody", () => {
  it("pings nobody unless told so", () => {
    expect(messageBody("hi")).toEqual({ content: "hi", allowed_mentions: { parse: [] } });
    expect(messageBody({ content: "hi", allowedMentions: { users: ["1"] } }).allowed_mentions).toEqual({
      users: ["1"],
    });
  });

  it("lists its files as attachments, and checks its limits", () => {
    const body = messageBody({ files: [{ name: "a.txt", data: "x" }], ephemeral: true });
    expect(body).toMatchObject({ attachments: [{ id: 0, filename: "a.txt" }], flags: 64 });
    expect(errorPath(() => messageBody("x".repeat(2001)))).toBe("message.content");
    expect(errorPath(() => messageBody({ embeds: Array.from({ length: 11 }, () => ({})) }))).toBe("message.embeds");
  });
});
