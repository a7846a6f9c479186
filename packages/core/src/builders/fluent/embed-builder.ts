import { systemClock, type Clock } from "@antiphon/std";
import type { APIEmbed } from "discord-api-types/v10";
import { embed, type EmbedFields } from "../embed.ts";
import { deepFreeze } from "../freeze.ts";
import { rgb } from "../rgb.ts";

/** An embed in the making; each method gives a new builder and leaves this one as it is. */
export interface EmbedBuilder {
  /** At most 256 characters. */
  setTitle(title: string): EmbedBuilder;
  /** At most 4,096 characters. */
  setDescription(description: string): EmbedBuilder;
  /** Where the title leads, http or https. */
  setUrl(url: string): EmbedBuilder;
  /** 0x000000 to 0xffffff. */
  setColor(color: number): EmbedBuilder;
  /** Each 0 to 255. */
  setColorRgb(red: number, green: number, blue: number): EmbedBuilder;
  /** At most 25; the name has at most 256 characters, the value 1,024. */
  addField(name: string, value: string, inline?: boolean): EmbedBuilder;
  /** http, https or attachment. */
  setThumbnail(url: string): EmbedBuilder;
  /** http, https or attachment. */
  setImage(url: string): EmbedBuilder;
  /** The name has at most 256 characters. */
  setAuthor(author: NonNullable<EmbedFields["author"]>): EmbedBuilder;
  /** At most 2,048 characters. */
  setFooter(text: string, iconUrl?: string): EmbedBuilder;
  /** A moment; now when left out. */
  setTimestamp(time?: Date | number): EmbedBuilder;
  /** The embed's JSON, deeply frozen. @throws {@link CoreError} `CORE_BUILDER_INVALID` when a limit is passed */
  build(): APIEmbed;
}

function builder(fields: EmbedFields, clock: Clock): EmbedBuilder {
  const change = (changed: EmbedFields) => builder({ ...fields, ...changed }, clock);
  return {
    setTitle: (title) => change({ title }),
    setDescription: (description) => change({ description }),
    setUrl: (url) => change({ url }),
    setColor: (color) => change({ color }),
    setColorRgb: (red, green, blue) => change({ color: rgb(red, green, blue) }),
    addField: (name, value, inline) => change({ fields: [...(fields.fields ?? []), { name, value, inline }] }),
    setThumbnail: (url) => change({ thumbnailUrl: url }),
    setImage: (url) => change({ imageUrl: url }),
    setAuthor: (author) => change({ author }),
    setFooter: (text, iconUrl) => change({ footer: { text, iconUrl } }),
    setTimestamp: (time = clock.now()) => change({ timestamp: time }),
    build: () => deepFreeze(embed(fields)),
  };
}

/** Starts an empty embed; the clock is for `setTimestamp()` and defaults to the system's. */
export function createEmbedBuilder(options: { readonly clock?: Clock | undefined } = {}): EmbedBuilder {
  return builder({}, options.clock ?? systemClock);
}
