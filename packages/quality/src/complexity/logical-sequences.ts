import type { Node } from "oxc-parser";

type Operator = "&&" | "||";

/** The operator of a node that continues a sequence; `??` is shorthand, which the measure leaves out. */
export function sequenceOperator(node: Node | undefined): Operator | undefined {
  if (node?.type !== "LogicalExpression") return undefined;
  return node.operator === "??" ? undefined : node.operator;
}

function collect(node: Node, into: Operator[]): void {
  const operator = sequenceOperator(node);
  if (operator === undefined || node.type !== "LogicalExpression") return;
  collect(node.left, into);
  into.push(operator);
  collect(node.right, into);
}

/** How many sequences of like operators a condition has: `a && b && c` one, `a && b || c` two. */
export function countLogicalSequences(node: Node): number {
  const operators: Operator[] = [];
  collect(node, operators);
  return operators.filter((operator, index) => operator !== operators[index - 1]).length;
}
