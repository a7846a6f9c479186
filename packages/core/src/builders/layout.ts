import {
  ComponentType,
  SeparatorSpacingSize,
  type APIComponentInContainer,
  type APIContainerComponent,
  type APIFileComponent,
  type APIMediaGalleryComponent,
  type APISectionAccessoryComponent,
  type APISectionComponent,
  type APISeparatorComponent,
  type APITextDisplayComponent,
  type APIThumbnailComponent,
} from "discord-api-types/v10";
import { checkColor, checkLength, checkLimit, checkUrl } from "./check.ts";

const MEDIA = ["http", "https", "attachment"];

/** A picture or a video. */
export interface MediaFields {
  /** http, https, or `attachment://` with the name of an uploaded file. */
  readonly url: string;
  /** For those who cannot see it; at most 1,024 characters. */
  readonly description?: string | undefined;
  /** Whether it is blurred until clicked. Defaults to false. */
  readonly spoiler?: boolean | undefined;
}

/** A frame around other components. */
export interface ContainerFields {
  /** At least 1; together with those around it, a message has at most 40. */
  readonly components: readonly APIComponentInContainer[];
  /** The stripe's colour, 0x000000 to 0xffffff. */
  readonly accentColor?: number | undefined;
  /** Whether it is blurred until clicked. Defaults to false. */
  readonly spoiler?: boolean | undefined;
}

/** Text with a button or a thumbnail beside it. */
export interface SectionFields {
  /** 1 to 3. */
  readonly texts: readonly (string | APITextDisplayComponent)[];
  readonly accessory: APISectionAccessoryComponent;
}

function mediaBody(path: string, { url, description, spoiler }: MediaFields) {
  checkUrl(`${path}.url`, url, MEDIA);
  if (description !== undefined) checkLength(`${path}.description`, description, 1, 1024);
  return {
    media: { url },
    ...(description !== undefined && { description }),
    ...(spoiler !== undefined && { spoiler }),
  };
}

/**
 * Markdown text as a component; 1 to 4,000 characters, which all texts of a message share.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field
 */
export function textDisplay(content: string): APITextDisplayComponent {
  checkLength("textDisplay.content", content, 1, 4000);
  return { type: ComponentType.TextDisplay, content };
}

/** A small picture beside a section. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function thumbnail(fields: MediaFields): APIThumbnailComponent {
  return { type: ComponentType.Thumbnail, ...mediaBody("thumbnail", fields) };
}

/** Text with something beside it. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function section({ texts, accessory }: SectionFields): APISectionComponent {
  checkLimit("section.texts", texts.length, 1, 3);
  const components = texts.map((text) => (typeof text === "string" ? textDisplay(text) : text));
  return { type: ComponentType.Section, components, accessory };
}

/** 1 to 10 pictures or videos. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function mediaGallery(...items: readonly MediaFields[]): APIMediaGalleryComponent {
  checkLimit("mediaGallery.items", items.length, 1, 10);
  return {
    type: ComponentType.MediaGallery,
    items: items.map((item, index) => mediaBody(`mediaGallery.items[${index}]`, item)),
  };
}

/**
 * An uploaded file, by its name in the message's `files`.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field
 */
export function file(fields: { readonly name: string; readonly spoiler?: boolean | undefined }): APIFileComponent {
  checkLength("file.name", fields.name, 1, 1024);
  return {
    type: ComponentType.File,
    file: { url: `attachment://${fields.name}` },
    ...(fields.spoiler !== undefined && { spoiler: fields.spoiler }),
  };
}

/** Space between components, with a line unless `divider` is false. */
export function separator(
  fields: { readonly divider?: boolean | undefined; readonly spacing?: "small" | "large" | undefined } = {},
): APISeparatorComponent {
  const { divider, spacing } = fields;
  const size = spacing === "large" ? SeparatorSpacingSize.Large : SeparatorSpacingSize.Small;
  return {
    type: ComponentType.Separator,
    ...(divider !== undefined && { divider }),
    ...(spacing !== undefined && { spacing: size }),
  };
}

/** A frame around other components. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function container(fields: ContainerFields): APIContainerComponent {
  const { components, accentColor, spoiler } = fields;
  checkLimit("container.components", components.length, 1, 39);
  if (accentColor !== undefined) checkColor("container.accentColor", accentColor);
  return {
    type: ComponentType.Container,
    components: [...components],
    ...(accentColor !== undefined && { accent_color: accentColor }),
    ...(spoiler !== undefined && { spoiler }),
  };
}
