/** Builds an element. Text goes in as text, never as markup, so nothing that a track or a person is called can become code. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: { readonly [name: string]: string | boolean | undefined } = {},
  ...children: readonly (Node | string | undefined | false)[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) if (child !== undefined && child !== false) node.append(child);
  return node;
}

/** An element of the page that must be there. */
export function byId<Found extends HTMLElement>(id: string, type: new () => Found): Found {
  const node = document.getElementById(id);
  if (node instanceof type) return node;
  throw new Error(`The page has no ${type.name} #${id}.`);
}

/** A round picture of somebody: their initial on a colour of their own. */
export function avatar(id: string, name: string, small = false): HTMLElement {
  // Ids that were made together differ in their last bits only; the golden angle spreads them over the circle.
  const hue = Math.round(Number(BigInt(id) % 4_096n) * 137.508) % 360;
  return element(
    "span",
    { class: small ? "avatar small" : "avatar", style: `background:hsl(${hue} 65% 70%)`, "aria-hidden": "true" },
    name.slice(0, 1).toUpperCase(),
  );
}
