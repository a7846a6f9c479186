import { ComponentType, type APIMessageTopLevelComponent } from "discord-api-types/v10";
import { check, checkLimit } from "./check.ts";

const MAXIMUM_ROWS = 5;
const MAXIMUM_COMPONENTS = 40;
const MAXIMUM_TEXT = 4000;

/** A component as far as its place in the tree goes. */
interface Node {
  readonly type: ComponentType;
  readonly components?: readonly Node[];
  readonly accessory?: Node;
  readonly custom_id?: string;
  readonly content?: string;
}

function* walk(nodes: readonly Node[]): Generator<Node> {
  for (const node of nodes) {
    yield node;
    if (node.components !== undefined) yield* walk(node.components);
    if (node.accessory !== undefined) yield* walk([node.accessory]);
  }
}

/** Whether any component is of the second version, which a message must declare. */
export function usesComponentsV2(components: readonly APIMessageTopLevelComponent[]): boolean {
  return components.some(({ type }) => type !== ComponentType.ActionRow);
}

/**
 * Checks what no component can check alone: how many there are, how long their texts are together, and that no id is there twice.
 *
 * @see [Discord Docs/Component Reference]
 */
export function checkMessageComponents(components: readonly APIMessageTopLevelComponent[], isV2: boolean): void {
  const path = "message.components";
  const all = [...walk(components)];
  if (!isV2) checkLimit(path, components.length, 0, MAXIMUM_ROWS);
  check(path, all.length <= MAXIMUM_COMPONENTS, `has ${all.length} components in all; at most 40 are allowed`);
  const length = all.reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
  check(path, length <= MAXIMUM_TEXT, `has ${length} characters of text in all; at most 4000 are allowed`);
  const seen = new Set<string>();
  for (const { custom_id: customId } of all) {
    if (customId === undefined) continue;
    check(path, !seen.has(customId), `has the customId "${customId}" twice`);
    seen.add(customId);
  }
}
