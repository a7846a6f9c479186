import type { APIEmbed, APIMessage } from "discord-api-types/v10";
import { avatar, element } from "./element.ts";
import { renderMarkdown, type MentionNames } from "./markdown.ts";

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
/** A message that answers a slash command, not a button. */
const COMMAND = 2;
const ACTION_ROW = 1;
const BUTTON = 2;
const LINK_STYLE = 5;

/** What a message needs from the page. */
export interface MessageContext {
  readonly names: MentionNames;
  /** Called when a button is pressed. */
  readonly press: (message: APIMessage, customId: string) => void;
}

/** One message as a list item. */
export function messageView(message: APIMessage, context: MessageContext): HTMLLIElement {
  const flags = message.flags ?? 0;
  const ephemeral = (flags & EPHEMERAL) !== 0;
  const body = element("div", {});
  body.append(headingOf(message));
  if ((flags & LOADING) !== 0) body.append(element("div", { class: "thinking" }, `${nameOf(message)} is thinking`));
  if (message.content !== "")
    body.append(element("div", { class: "content" }, renderMarkdown(message.content, context.names)));
  for (const embed of message.embeds) body.append(embedView(embed, context));
  for (const row of rowsOf(message, context)) body.append(row);
  if (ephemeral) body.append(element("div", { class: "note" }, "Only you can see this"));
  const item = element("li", { class: ephemeral ? "message ephemeral" : "message", "data-message": message.id });
  const invoked = message.interaction;
  if (invoked !== undefined && message.interaction_metadata?.type === COMMAND) {
    item.append(
      element(
        "div",
        { class: "invocation" },
        `${invoked.user.global_name ?? invoked.user.username} used /${invoked.name}`,
      ),
    );
  }
  item.append(avatar(message.author.id, nameOf(message)), body);
  return item;
}

function nameOf(message: APIMessage): string {
  return message.author.global_name ?? message.author.username;
}

function headingOf(message: APIMessage): HTMLElement {
  const time = new Date(message.timestamp).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const edited = message.edited_timestamp === null ? undefined : element("span", { class: "note" }, " (edited)");
  return element(
    "div",
    {},
    element("span", { class: "author" }, nameOf(message)),
    " ",
    message.author.bot === true && element("span", { class: "tag" }, "APP"),
    element("time", { class: "time", datetime: message.timestamp }, time),
    edited,
  );
}

function embedView(embed: APIEmbed, { names }: MessageContext): HTMLElement {
  const colour = embed.color === undefined ? undefined : `border-color:#${embed.color.toString(16).padStart(6, "0")}`;
  const view = element("article", { class: "embed", style: colour });
  if (embed.author !== undefined) view.append(element("div", { class: "embed-author" }, embed.author.name));
  if (embed.title !== undefined) {
    const title = renderMarkdown(embed.title, names);
    const linked = embed.url !== undefined && /^https?:\/\//.test(embed.url);
    view.append(
      element(
        "h3",
        {},
        linked ? element("a", { href: embed.url, target: "_blank", rel: "noreferrer noopener" }, title) : title,
      ),
    );
  }
  if (embed.description !== undefined)
    view.append(element("div", { class: "description" }, renderMarkdown(embed.description, names)));
  if (embed.fields !== undefined && embed.fields.length > 0) {
    const fields = embed.fields.map((field) =>
      element(
        "div",
        { class: field.inline === true ? undefined : "wide" },
        element("dt", {}, renderMarkdown(field.name, names)),
        element("dd", {}, renderMarkdown(field.value, names)),
      ),
    );
    view.append(element("dl", {}, ...fields));
  }
  if (embed.footer !== undefined) view.append(element("footer", {}, embed.footer.text));
  return view;
}

function rowsOf(message: APIMessage, context: MessageContext): HTMLElement[] {
  return (message.components ?? []).flatMap((row) => {
    if (row.type !== ACTION_ROW) return [];
    const buttons = row.components.flatMap((component) => {
      if (component.type !== BUTTON) return [];
      const label = "label" in component ? (component.label ?? "") : "";
      const emoji = "emoji" in component ? (component.emoji?.name ?? "") : "";
      const customId = "custom_id" in component ? component.custom_id : undefined;
      const attributes = {
        type: "button",
        class: `button style-${component.style}`,
        disabled: component.disabled === true,
        "data-custom-id": customId,
      };
      const button = element("button", attributes, [emoji, label].filter((text) => text !== "").join(" "));
      if (customId !== undefined && component.style !== LINK_STYLE)
        button.addEventListener("click", () => context.press(message, customId));
      return [button];
    });
    return [element("div", { class: "row" }, ...buttons)];
  });
}
