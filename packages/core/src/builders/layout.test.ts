import { ChannelType } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { messageBody } from "../message-body.ts";
import { checkbox, checkboxGroup, fileUpload, radioGroup } from "./choice-input.ts";
import { actionRow, button } from "./component.ts";
import { errorPath } from "../../test/error-path.ts";
import { container, file, mediaGallery, section, separator, textDisplay, thumbnail } from "./layout.ts";
import { label, modal } from "./modal.ts";
import { channelSelect, mentionableSelect, roleSelect, stringSelect, userSelect } from "./select.ts";

const url = "https://x.y/a.png";
const press = button({ customId: "a", label: "A" });

describe("components of the second version", () => {
  const frame = container({
    accentColor: 0xff0000,
    spoiler: false,
    components: [
      textDisplay("# Now playing"),
      section({ texts: ["one", textDisplay("two")], accessory: thumbnail({ url, description: "cover" }) }),
      separator({ divider: false, spacing: "large" }),
      mediaGallery({ url }, { url: "attachment://b.png", spoiler: true }),
      file({ name: "list.txt" }),
      actionRow(press),
    ],
  });

  it("write the API's JSON", () => {
    expect(frame).toEqual({
      type: 17,
      accent_color: 0xff0000,
      spoiler: false,
      components: [
        { type: 10, content: "# Now playing" },
        {
          type: 9,
          components: [
            { type: 10, content: "one" },
            { type: 10, content: "two" },
          ],
          accessory: { type: 11, media: { url }, description: "cover" },
        },
        { type: 14, divider: false, spacing: 2 },
        { type: 12, items: [{ media: { url } }, { media: { url: "attachment://b.png" }, spoiler: true }] },
        { type: 13, file: { url: "attachment://list.txt" } },
        { type: 1, components: [press] },
      ],
    });
    expect(separator()).toEqual({ type: 14 });
  });

  it("set their flag by themselves, which old rows do not", () => {
    expect(messageBody({ components: [frame], ephemeral: true }).flags).toBe((1 << 15) | 64);
    expect(messageBody({ components: [actionRow(press)] })).not.toHaveProperty("flags");
  });

  const texts = Array.from({ length: 41 }, (_, index) => textDisplay(`${index}`));
  it.each([
    ["textDisplay.content", () => textDisplay("")],
    ["textDisplay.content", () => textDisplay("x".repeat(4001))],
    ["section.texts", () => section({ texts: ["1", "2", "3", "4"], accessory: press })],
    ["thumbnail.url", () => thumbnail({ url: "ftp://x.y" })],
    ["thumbnail.description", () => thumbnail({ url, description: "x".repeat(1025) })],
    ["mediaGallery.items", () => mediaGallery()],
    ["mediaGallery.items", () => mediaGallery(...Array.from({ length: 11 }, () => ({ url })))],
    ["mediaGallery.items[1].url", () => mediaGallery({ url }, { url: "x" })],
    ["file.name", () => file({ name: "" })],
    ["container.components", () => container({ components: [] })],
    ["container.accentColor", () => container({ components: [textDisplay("x")], accentColor: -1 })],
    ["message.components", () => messageBody({ components: texts })],
    ["built", () => messageBody({ components: texts.slice(1) })],
    ["message.components", () => messageBody({ components: [1, 2].map(() => textDisplay("x".repeat(2001))) })],
    ["message.components", () => messageBody({ components: [actionRow(press), actionRow(press)] })],
    ["message.components", () => messageBody({ components: Array.from({ length: 6 }, (_, i) => rowOf(`${i}`)) })],
    ["message.content", () => messageBody({ components: [frame], content: "x" })],
    ["message.embeds", () => messageBody({ components: [frame], embeds: [{}] })],
  ])("%s", (path, build) => expect(errorPath(build)).toBe(path));

  function rowOf(customId: string) {
    return actionRow(button({ customId, label: "A" }));
  }
});

describe("select menus", () => {
  it("write the API's JSON", () => {
    expect(userSelect({ customId: "u", placeholder: "Who?", minimumValues: 0, maximumValues: 3 })).toEqual({
      type: 5,
      custom_id: "u",
      placeholder: "Who?",
      min_values: 0,
      max_values: 3,
    });
    expect(roleSelect({ customId: "r", defaultIds: ["1"], disabled: true })).toEqual({
      type: 6,
      custom_id: "r",
      disabled: true,
      default_values: [{ type: "role", id: "1" }],
    });
    expect(
      mentionableSelect({ customId: "m", defaultUserIds: ["1"], defaultRoleIds: ["2"], maximumValues: 2 }),
    ).toMatchObject({
      type: 7,
      default_values: [
        { type: "user", id: "1" },
        { type: "role", id: "2" },
      ],
    });
    expect(channelSelect({ customId: "c", channelTypes: [ChannelType.GuildVoice], required: false })).toEqual({
      type: 8,
      custom_id: "c",
      channel_types: [2],
      required: false,
    });
  });

  const option = (value: string) => ({ label: "l", value });
  it.each([
    ["userSelect.customId", () => userSelect({ customId: "" })],
    ["roleSelect.placeholder", () => roleSelect({ customId: "r", placeholder: "x".repeat(151) })],
    ["channelSelect.maximumValues", () => channelSelect({ customId: "c", maximumValues: 26 })],
    ["channelSelect.maximumValues", () => channelSelect({ customId: "c", minimumValues: 3, maximumValues: 2 })],
    ["userSelect.minimumValues", () => userSelect({ customId: "u", minimumValues: 0.5 })],
    // The default maximum is 1, so Discord refuses the menu.
    ["userSelect.maximumValues", () => userSelect({ customId: "u", minimumValues: 2 })],
    ["fileUpload.maximumFiles", () => fileUpload({ customId: "f", minimumFiles: 2 })],
    ["userSelect.defaults", () => userSelect({ customId: "u", defaultIds: ["1", "2"] })],
    ["stringSelect.options", () => stringSelect({ customId: "s", options: [option("a"), option("a")] })],
    ["stringSelect.options[1].value", () => stringSelect({ customId: "s", options: [option("a"), option("")] })],
  ])("%s", (path, build) => expect(errorPath(build)).toBe(path));
});

describe("forms", () => {
  const options = [
    { value: "a", label: "A", description: "first", selected: true },
    { value: "b", label: "B" },
  ];
  it("write the API's JSON", () => {
    const form = modal({
      customId: "m",
      title: "Request",
      inputs: [{ customId: "name", label: "Name", minimumLength: 1, maximumLength: 50 }],
      components: [
        textDisplay("Choose"),
        label({ label: "Mood", component: radioGroup({ customId: "mood", options, required: false }) }),
        label({
          label: "Genres",
          description: "any",
          component: checkboxGroup({
            customId: "genres",
            options,
            minimumValues: 0,
            maximumValues: 2,
            required: false,
          }),
        }),
        label({ label: "File", component: fileUpload({ customId: "file", maximumFiles: 3, fileTypes: [".mp3"] }) }),
      ],
    });
    const bodies = [
      { value: "a", label: "A", description: "first", default: true },
      { value: "b", label: "B" },
    ];
    expect(form).toEqual({
      custom_id: "m",
      title: "Request",
      components: [
        {
          type: 18,
          label: "Name",
          component: { type: 4, custom_id: "name", style: 1, min_length: 1, max_length: 50 },
        },
        { type: 10, content: "Choose" },
        { type: 18, label: "Mood", component: { type: 21, custom_id: "mood", required: false, options: bodies } },
        {
          type: 18,
          label: "Genres",
          description: "any",
          component: {
            type: 22,
            custom_id: "genres",
            required: false,
            options: bodies,
            min_values: 0,
            max_values: 2,
          },
        },
        { type: 18, label: "File", component: { type: 19, custom_id: "file", max_values: 3, file_types: [".mp3"] } },
      ],
    });
    expect(checkbox({ customId: "c", selected: true })).toEqual({ type: 23, custom_id: "c", default: true });
  });

  const tick = (customId: string) => label({ label: "l", component: checkbox({ customId }) });
  it.each([
    ["label.label", () => label({ label: "x".repeat(46), component: checkbox({ customId: "c" }) })],
    [
      "label.description",
      () => label({ label: "l", description: "x".repeat(101), component: checkbox({ customId: "c" }) }),
    ],
    ["checkbox.customId", () => checkbox({ customId: "" })],
    ["radioGroup.options", () => radioGroup({ customId: "r", options: options.slice(1) })],
    [
      "radioGroup.options",
      () => radioGroup({ customId: "r", options: options.map((each) => ({ ...each, selected: true })) }),
    ],
    [
      "radioGroup.options[0].label",
      () =>
        radioGroup({
          customId: "r",
          options: [
            { value: "a", label: "" },
            { value: "b", label: "B" },
          ],
        }),
    ],
    ["checkboxGroup.options", () => checkboxGroup({ customId: "c", options: [] })],
    ["checkboxGroup.minimumValues", () => checkboxGroup({ customId: "c", options, minimumValues: 0 })],
    ["checkboxGroup.maximumValues", () => checkboxGroup({ customId: "c", options, maximumValues: 11 })],
    ["fileUpload.maximumFiles", () => fileUpload({ customId: "f", maximumFiles: 11 })],
    ["fileUpload.fileTypes", () => fileUpload({ customId: "f", fileTypes: [] })],
    ["modal.inputs", () => modal({ customId: "m", title: "t" })],
    [
      "modal.components",
      () => modal({ customId: "m", title: "t", components: ["a", "b", "c", "d", "e", "f"].map(tick) }),
    ],
    ["modal", () => modal({ customId: "m", title: "t", components: [tick("a"), tick("a")] })],
    [
      "modal.inputs[0].maximumLength",
      () =>
        modal({
          customId: "m",
          title: "t",
          inputs: [{ customId: "i", label: "l", minimumLength: 9, maximumLength: 8 }],
        }),
    ],
  ])("%s", (path, build) => expect(errorPath(build)).toBe(path));
});
