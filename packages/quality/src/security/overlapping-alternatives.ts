import { visitRegExpAST, type AST } from "@eslint-community/regexpp";
import { isDisjointWith, JS, NFA } from "refa";

/** Automata of more states than this are left alone: their comparison could itself take long. */
const MOST_STATES = 1_000;

/** Whether the match can fail after an element: something stands behind it, there or around it. */
function isFollowed(element: AST.Element): boolean {
  const { parent } = element;
  if (parent.type === "Quantifier") return isFollowed(parent);
  if (parent.type !== "Alternative") return false;
  if (parent.elements.at(-1) !== element) return true;
  const around = parent.parent;
  return around.type === "Group" || around.type === "CapturingGroup" ? isFollowed(around) : false;
}

function overlap(alternatives: readonly AST.Alternative[], parser: JS.Parser): boolean {
  const automata = alternatives.map((alternative) => {
    const { expression, maxCharacter } = parser.parseElement(alternative, {
      assertions: "throw",
      backreferences: "throw",
    });
    return NFA.fromRegex(expression, { maxCharacter }, {}, new NFA.LimitedNodeFactory(MOST_STATES));
  });
  return automata.some((left, index) => automata.slice(index + 1).some((right) => !isDisjointWith(left, right)));
}

/**
 * Whether a group that repeats has two alternatives that match the same text, as in `(?:\w|_)*;`: each repetition can then be read in
 * two ways, and a text that does not match in the end is tried in all of them.
 */
export function hasOverlappingAlternatives(pattern: string, flags: string): boolean {
  const parser = JS.Parser.fromLiteral({ source: pattern, flags });
  let found = false;
  visitRegExpAST(parser.ast.pattern, {
    onQuantifierEnter({ element, max, parent }) {
      const isGroup = element.type === "Group" || element.type === "CapturingGroup";
      if (found || max !== Infinity || !isGroup || element.alternatives.length < 2) return;
      if (parent.type !== "Alternative" || !isFollowed(element)) return;
      try {
        found = overlap(element.alternatives, parser);
      } catch {
        // Assertions, back references and very large automata cannot be compared: then nothing is said.
      }
    },
  });
  return found;
}
