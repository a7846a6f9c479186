import { visitorKeys, type Node } from "oxc-parser";

/** What is called for every node: its parent, and the name of the parent's field that holds it. */
export type Visit = (node: Node, parent: Node | undefined, field: string) => void;

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

/** Visits every node below `root`, and `root` itself, in the order of the text. Sources nest less deep than the stack is. */
export function walk(root: Node, enter: Visit, leave: Visit): void {
  const step = (node: Node, parent: Node | undefined, field: string): void => {
    enter(node, parent, field);
    const fields = node as unknown as Readonly<Record<string, unknown>>;
    for (const key of visitorKeys[node.type] ?? []) {
      const value = fields[key];
      if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) step(item, node, key);
      } else if (isNode(value)) step(value, node, key);
    }
    leave(node, parent, field);
  };
  step(root, undefined, "");
}
