/** What stands in an XML text, in its order. Names are without their prefix and in small letters. */
export type XmlEvent =
  | { readonly type: "open"; readonly name: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "close"; readonly name: string };

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/**
 * Reads elements and texts one after another, which is all that a playlist needs: attributes are left out, declarations and comments
 * skipped, and no entity is defined by the file. It goes over the text once and never fails.
 */
export function* readXml(xml: string): Generator<XmlEvent> {
  let at = 0;
  while (at < xml.length) {
    const open = xml.indexOf("<", at);
    const text = xml.slice(at, open === -1 ? undefined : open);
    if (text !== "") yield { type: "text", text: decode(text) };
    if (open === -1) return;
    if (xml.startsWith("<![CDATA[", open)) {
      const end = endOf(xml, "]]>", open);
      yield { type: "text", text: xml.slice(open + 9, end - 3) };
      at = end;
    } else if (xml.startsWith("<!--", open)) {
      at = endOf(xml, "-->", open);
    } else {
      at = endOf(xml, ">", open);
      yield* readTag(xml.slice(open + 1, at - 1));
    }
  }
}

function* readTag(tag: string): Generator<XmlEvent> {
  const name = /^\/?(?:[\w.-]+:)?([\w.-]+)/.exec(tag.slice(0, 200))?.[1]?.toLowerCase();
  if (name === undefined || tag.startsWith("?") || tag.startsWith("!")) return;
  if (!tag.startsWith("/")) yield { type: "open", name };
  if (tag.startsWith("/") || tag.endsWith("/")) yield { type: "close", name };
}

/** Where what begins at `from` ends; what is not closed ends with the text. */
function endOf(xml: string, mark: string, from: number): number {
  const at = xml.indexOf(mark, from);
  return at === -1 ? xml.length : at + mark.length;
}

function decode(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name: string) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
  });
}
