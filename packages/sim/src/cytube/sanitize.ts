/** A chat filter as CyTube keeps it. */
export interface SimulatedFilter {
  readonly name: string;
  readonly source: string;
  readonly flags: string;
  readonly replace: string;
  readonly active: boolean;
  readonly filterlinks: boolean;
}

/** The filters of a new channel. */
export const defaultFilters: readonly SimulatedFilter[] = [
  ["monospace", "`(.+?)`", "<code>\\1</code>"],
  ["bold", "\\*(.+?)\\*", "<strong>\\1</strong>"],
  ["italic", "_(.+?)_", "<em>\\1</em>"],
  ["strike", "~~(.+?)~~", "<s>\\1</s>"],
  ["inline spoiler", "\\[sp\\](.*?)\\[\\/sp\\]", '<span class="spoiler">\\1</span>', "gi"],
].map(([name = "", source = "", replace = "", flags = "g"]) => ({
  name,
  source,
  flags,
  replace,
  active: true,
  filterlinks: false,
}));

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "(": "&#40;",
  ")": "&#41;",
};

/** Escapes text as CyTube's `sanitizeText` does: polls, emotes and reasons keep all of these. */
export function sanitizeText(text: string): string {
  return text.replace(/[&<>"'()]/g, (character) => entities[character] ?? character);
}

/** Takes scripts and handlers out of HTML, roughly as sanitize-html does for a message of the day. */
export function sanitizeHtml(html: string): string {
  return html
    .replace(/<(script|style|iframe)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, "")
    .replace(/<\/?(script|iframe)\b[^>]*>/gi, "")
    .replace(/\son\w+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, "");
}

const LINK = /(\bhttps?:\/\/[^\s<]+)/g;

/**
 * A chat message as everybody sees it: text escaped, links made, filters applied between them. Only `&`, `<` and `>` stay
 * encoded, because sanitize-html decodes the rest again.
 */
export function formatMessage(text: string, filters: readonly SimulatedFilter[], linksEnabled: boolean): string {
  const escaped = text.replace(/[&<>]/g, (character) => entities[character] ?? character);
  if (!linksEnabled) return applyFilters(escaped, filters);
  return escaped
    .split(LINK)
    .map((part, index) =>
      index % 2 === 0
        ? applyFilters(part, filters)
        : `<a href="${part}" target="_blank" rel="noopener noreferrer">${part}</a>`,
    )
    .join("");
}

function applyFilters(text: string, filters: readonly SimulatedFilter[]): string {
  let result = text;
  for (const { source, flags, replace, active } of filters) {
    if (active) result = result.replace(new RegExp(source, flags), replace.replace(/\\(\d)/g, "$$$1"));
  }
  return result;
}
