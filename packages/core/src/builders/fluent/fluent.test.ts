import { createManualClock } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { errorPath } from "../../../test/error-path.ts";
import { messageBody } from "../../message-body.ts";
import { channel } from "../channel.ts";
import { message } from "../message.ts";
import { poll } from "../poll.ts";
import { role } from "../role.ts";
import { createChannelBuilder } from "./channel-builder.ts";
import { createEmbedBuilder } from "./embed-builder.ts";
import { createMessageBuilder } from "./message-builder.ts";
import { createRoleBuilder } from "./role-builder.ts";

describe("a message builder", () => {
  it("collects a message and freezes it", () => {
    const built = createMessageBuilder()
      .setContent("Hello")
      .addEmbed({ title: "t", fields: [{ name: "n", value: "v" }] })
      .addFile("a.txt", "text", "text/plain")
      .setTts(true)
      .replyTo("77")
      .build();
    expect(message(built)).toEqual({
      content: "Hello",
      embeds: [{ title: "t", fields: [{ name: "n", value: "v" }] }],
      attachments: [{ id: 0, filename: "a.txt" }],
      tts: true,
      message_reference: { type: 0, message_id: "77" },
      allowed_mentions: { parse: [] },
    });
    expect(built.files).toEqual([{ name: "a.txt", data: "text", contentType: "text/plain" }]);
    expect(Object.isFrozen(built.embeds?.[0]?.fields?.[0])).toBe(true);
  });

  it("mentions exactly whom it is told to", () => {
    const built = createMessageBuilder().addMention("1").setTts(false).addMention("2").addMention("1").build();
    expect(message(built)).toMatchObject({
      content: "<@1> <@2> <@1>",
      allowed_mentions: { users: ["1", "2"] },
    });
  });

  it("leaves the builder it came from alone", () => {
    const hello = createMessageBuilder().setContent("Hello");
    const both = [hello.addEmbed({ title: "a" }).build(), hello.addEmbed({ title: "b" }).build()];
    expect(both.map(({ embeds }) => embeds)).toEqual([[{ title: "a" }], [{ title: "b" }]]);
    expect(hello.build()).toEqual({ content: "Hello" });
  });

  const many = Array.from({ length: 11 }, () => ({ title: "t" }));
  it.each([
    ["message", () => createMessageBuilder().build()],
    ["message", () => createMessageBuilder().setContent("").build()],
    ["message.content", () => createMessageBuilder().setContent("x".repeat(2001)).build()],
    ["message.embeds", () => many.reduce((each, one) => each.addEmbed(one), createMessageBuilder()).build()],
    ["message.embeds", () => messageBody({ embeds: [1, 2].map(() => ({ description: "x".repeat(3001) })) })],
    ["message.files", () => messageBody({ files: many.map(() => ({ name: "a", data: "" })) })],
    ["message.stickerIds", () => messageBody({ stickerIds: ["1", "2", "3", "4"] })],
  ])("%s", (path, build) => expect(errorPath(build)).toBe(path));
});

describe("a poll", () => {
  it("writes the API's JSON and goes with a message", () => {
    const question = poll({
      question: "Next?",
      answers: ["Jazz", { text: "Rock", emoji: "🎸" }],
      durationHours: 48,
      multiple: true,
    });
    expect(question).toEqual({
      question: { text: "Next?" },
      answers: [{ poll_media: { text: "Jazz" } }, { poll_media: { text: "Rock", emoji: { id: null, name: "🎸" } } }],
      duration: 48,
      allow_multiselect: true,
    });
    expect(message(createMessageBuilder().setPoll(question).build()).poll).toEqual(question);
  });

  it.each([
    ["poll.question", () => poll({ question: "x".repeat(301), answers: ["a"] })],
    ["poll.answers", () => poll({ question: "q", answers: [] })],
    ["poll.answers", () => poll({ question: "q", answers: Array.from({ length: 11 }, () => "a") })],
    ["poll.answers[1].text", () => poll({ question: "q", answers: ["a", "x".repeat(56)] })],
    ["poll.durationHours", () => poll({ question: "q", answers: ["a"], durationHours: 769 })],
  ])("%s", (path, build) => expect(errorPath(build)).toBe(path));
});

describe("an embed builder", () => {
  it("collects an embed and freezes it", () => {
    const clock = createManualClock({ startMs: 0 });
    const built = createEmbedBuilder({ clock })
      .setTitle("Title")
      .setDescription("Description")
      .setUrl("https://x.y")
      .setColorRgb(255, 128, 0)
      .addField("a", "1")
      .addField("b", "2", true)
      .setThumbnail("https://x.y/t.png")
      .setImage("attachment://i.png")
      .setAuthor({ name: "Ann" })
      .setFooter("Footer")
      .setTimestamp()
      .build();
    expect(built).toEqual({
      title: "Title",
      description: "Description",
      url: "https://x.y",
      color: 0xff8000,
      fields: [
        { name: "a", value: "1", inline: false },
        { name: "b", value: "2", inline: true },
      ],
      thumbnail: { url: "https://x.y/t.png" },
      image: { url: "attachment://i.png" },
      author: { name: "Ann" },
      footer: { text: "Footer" },
      timestamp: "1970-01-01T00:00:00.000Z",
    });
    expect(Object.isFrozen(built.fields)).toBe(true);
  });

  it.each([
    ["embed.title", () => createEmbedBuilder().setTitle("x".repeat(257)).build()],
    ["embed.footer.text", () => createEmbedBuilder().setFooter("x".repeat(2049)).build()],
    ["embed.color", () => createEmbedBuilder().setColor(0x1000000).build()],
    ["rgb.green", () => createEmbedBuilder().setColorRgb(0, 256, 0)],
  ])("%s", (path, build) => expect(errorPath(build)).toBe(path));
});

describe("a channel builder", () => {
  it("collects a channel and freezes it", () => {
    const built = createChannelBuilder()
      .setName("requests")
      .setType("text")
      .setTopic("Ask here")
      .setNsfw(false)
      .setRateLimitPerUserSeconds(10)
      .setParentId("9")
      .addPermissionOverwrite({ type: "role", id: "1", deny: ["sendMessages"] })
      .build();
    expect(built).toEqual({
      name: "requests",
      type: 0,
      topic: "Ask here",
      nsfw: false,
      rate_limit_per_user: 10,
      parent_id: "9",
      permission_overwrites: [{ id: "1", type: 0, allow: "0", deny: "2048" }],
    });
    expect(Object.isFrozen(built)).toBe(true);
  });

  it("writes what voice channels have", () => {
    const fields = { name: "Music", type: "voice", bitsPerSecond: 96_000, userLimit: 10, position: 2 } as const;
    expect(channel(fields)).toEqual({ name: "Music", type: 2, bitrate: 96_000, user_limit: 10, position: 2 });
  });

  it.each([
    ["channel.name", () => createChannelBuilder().build()],
    ["channel.topic", () => channel({ name: "a", topic: "x".repeat(1025) })],
    ["built", () => channel({ name: "a", type: "forum", topic: "x".repeat(4096) })],
    ["channel.topic", () => channel({ name: "a", type: "voice", topic: "x" })],
    ["channel.parentId", () => channel({ name: "a", type: "category", parentId: "1" })],
    ["channel.userLimit", () => channel({ name: "a", userLimit: 5 })],
    ["channel.userLimit", () => channel({ name: "a", type: "voice", userLimit: 100 })],
    ["built", () => channel({ name: "a", type: "stage", userLimit: 100 })],
    ["channel.rateLimitPerUserSeconds", () => channel({ name: "a", rateLimitPerUserSeconds: 21_601 })],
    ["channel.bitsPerSecond", () => channel({ name: "a", type: "voice", bitsPerSecond: 7_999 })],
  ])("%s", (path, build) => expect(errorPath(build)).toBe(path));
});

describe("a role builder", () => {
  it("collects a role and freezes it", () => {
    const built = createRoleBuilder()
      .setName("DJ")
      .setColorRgb(0, 0, 255)
      .setHoist(true)
      .setMentionable(false)
      .setPermissions(["manageChannels", "bypassSlowmode"])
      .build();
    expect(built).toEqual({
      name: "DJ",
      colors: { primary_color: 255, secondary_color: null, tertiary_color: null },
      hoist: true,
      mentionable: false,
      permissions: "4503599627370512",
    });
    expect(Object.isFrozen(built.colors)).toBe(true);
  });

  it("knows gradients, the holographic style and icons", () => {
    expect(role({ color: [1, 2] }).colors).toMatchObject({
      primary_color: 1,
      secondary_color: 2,
      tertiary_color: null,
    });
    expect(role({ color: "holographic", unicodeEmoji: "🎧" })).toMatchObject({
      colors: { tertiary_color: 16_761_760 },
      unicode_emoji: "🎧",
    });
  });

  it.each([
    ["role.name", () => createRoleBuilder().setName("x".repeat(101)).build()],
    ["role.color", () => createRoleBuilder().setColor([0, -1]).build()],
    ["role.iconDataUri", () => role({ iconDataUri: "https://x.y/a.png" })],
    ["role.unicodeEmoji", () => role({ unicodeEmoji: "x", iconDataUri: "data:image/png;base64,AA==" })],
    ["CORE_UNKNOWN_PERMISSION", () => createRoleBuilder().setPermissions("all").build()],
  ])("%s", (path, build) => expect(errorPath(build)).toBe(path));
});

describe("a builder's files", () => {
  it("are named bytes, a text, or a stream, which is left as it is", async () => {
    const bytes = new Uint8Array([1, 2]);
    async function* chunks() {
      yield bytes;
    }
    const stream = chunks();
    const builder = createMessageBuilder().addFile("a.bin", bytes).addFile("b.bin", stream).addFile("c.bin", chunks);
    const { files = [] } = builder.build();
    bytes[0] = 9;
    expect(files.map(({ name }) => name)).toEqual(["a.bin", "b.bin", "c.bin"]);
    expect(files[0]?.data).toEqual(new Uint8Array([1, 2]));
    expect([files[1]?.data === stream, files[2]?.data === chunks, Object.isFrozen(stream)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(message({ files }).attachments).toMatchObject([{ filename: "a.bin" }, { filename: "b.bin" }, {}]);
  });
});
