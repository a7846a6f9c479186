import type { Node } from "oxc-parser";
import { isFunction, type AnyFunction } from "../syntax/node.ts";
import type { SourceText } from "../syntax/source-text.ts";
import type { MeasuredFunction } from "./complexity.ts";
import { functionName } from "./function-name.ts";
import { countLogicalSequences, sequenceOperator } from "./logical-sequences.ts";

/** A function that is being measured, or the module around all of them. */
interface Frame {
  readonly node: AnyFunction | undefined;
  readonly name: string;
  cyclomatic: number;
  /** How many structures are open. */
  nesting: number;
  deepest: number;
  /** Cognitive complexity of the function's own code. */
  own: number;
  /** Increments of its own code that grow with nesting. */
  structures: number;
  /** The same two of the functions within, as they count when this one is a unit. */
  inner: number;
  innerStructures: number;
  callsItself: boolean;
  /** Measured functions within that are units of their own unless this one swallows them. */
  innerRoots: MeasuredFunction[];
}

/** The fields whose content is one level deeper than the node that has them. */
const nestedFields: Readonly<Record<string, readonly string[]>> = {
  IfStatement: ["consequent", "alternate"],
  ConditionalExpression: ["consequent", "alternate"],
  ForStatement: ["body"],
  ForInStatement: ["body"],
  ForOfStatement: ["body"],
  WhileStatement: ["body"],
  DoWhileStatement: ["body"],
  SwitchStatement: ["cases"],
  CatchClause: ["body"],
};

const isElseIf = (node: Node, parent: Node | undefined, field: string) =>
  node.type === "IfStatement" && parent?.type === "IfStatement" && field === "alternate";

function isNested(node: Node, parent: Node | undefined, field: string): boolean {
  // Nearly every node is in another field, and this is asked twice for each.
  if (field !== "body" && field !== "consequent" && field !== "alternate" && field !== "cases") return false;
  if (parent === undefined || nestedFields[parent.type]?.includes(field) !== true) return false;
  return !isElseIf(node, parent, field);
}

function createFrame(node: AnyFunction | undefined, name: string): Frame {
  return {
    node,
    name,
    cyclomatic: 1,
    nesting: 0,
    deepest: 0,
    own: 0,
    structures: 0,
    inner: 0,
    innerStructures: 0,
    callsItself: false,
    innerRoots: [],
  };
}

function addStructure(frame: Frame): void {
  frame.own += 1 + frame.nesting;
  frame.structures++;
}

/** Counts a node for the function that holds it. */
function countNode(frame: Frame, node: Node, parent: Node | undefined, field: string): void {
  switch (node.type) {
    case "IfStatement":
      frame.cyclomatic++;
      if (isElseIf(node, parent, field)) frame.own++;
      else addStructure(frame);
      if (node.alternate !== null && node.alternate.type !== "IfStatement") frame.own++;
      return;
    case "ConditionalExpression":
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
      frame.cyclomatic++;
      addStructure(frame);
      return;
    case "SwitchStatement":
    case "CatchClause":
      addStructure(frame);
      return;
    case "SwitchCase":
      if (node.test !== null) frame.cyclomatic++;
      return;
    case "LogicalExpression":
      frame.cyclomatic++;
      if (sequenceOperator(parent) === undefined) frame.own += countLogicalSequences(node);
      return;
    case "AssignmentExpression":
      if (node.operator === "&&=" || node.operator === "||=" || node.operator === "??=") frame.cyclomatic++;
      return;
    case "BreakStatement":
    case "ContinueStatement":
      if (node.label !== null) frame.own++;
      return;
    default:
  }
}

/** The figures of a file. */
export interface Measures {
  readonly functions: readonly MeasuredFunction[];
  readonly cyclomatic: number;
  readonly cognitive: number;
}

/** Measures while the tree is walked: give it every node as it is entered and left. */
export interface ComplexityMeter {
  enter(node: Node, parent: Node | undefined, field: string): void;
  leave(node: Node, parent: Node | undefined, field: string): void;
  /** The figures of the file, once it was walked; of its functions in the order in which they end. */
  finish(): Measures;
}

/**
 * Measures cyclomatic and cognitive complexity in one walk. An outer function without a branch of its own is a mere container,
 * and those within it are units of their own; one with branches is one unit with all that is in it.
 *
 * @see "Cognitive Complexity, a new way of measuring understandability", G. Ann Campbell, SonarSource, version 1.5
 */
export function createComplexityMeter(source: SourceText): ComplexityMeter {
  const module = createFrame(undefined, "(module)");
  const frames: Frame[] = [module];
  const functions: MeasuredFunction[] = [];
  let current = module;

  const closeFunction = (frame: Frame, node: AnyFunction, outer: Frame): void => {
    if (frame.callsItself) frame.own++;
    const isContainer = frame.structures === 0;
    const whole = frame.own + frame.inner;
    const measured: MeasuredFunction = {
      name: frame.name,
      line: source.lineAt(node.start),
      lines: source.lineAt(node.end) - source.lineAt(node.start) + 1,
      parameters: node.params.length,
      cyclomatic: frame.cyclomatic,
      cognitive: isContainer ? frame.own : whole,
      nestingDepth: frame.deepest,
      start: node.start,
      end: node.end,
      isCognitiveRoot: false,
    };
    functions.push(measured);
    outer.innerRoots.push(measured, ...(isContainer ? frame.innerRoots : []));
    if (outer.node === undefined) return;
    const structures = frame.structures + frame.innerStructures;
    outer.inner += whole + (outer.nesting + 1) * structures;
    outer.innerStructures += structures;
  };

  return {
    enter(node, parent, field) {
      if (isNested(node, parent, field)) {
        current.nesting++;
        current.deepest = Math.max(current.deepest, current.nesting);
      }
      if (isFunction(node)) {
        current = createFrame(node, functionName(node, parent));
        frames.push(current);
        return;
      }
      countNode(current, node, parent, field);
      if (node.type === "CallExpression" && node.callee.type === "Identifier") {
        const { name } = node.callee;
        for (const frame of frames) if (frame.name === name) frame.callsItself = true;
      }
    },
    leave(node, parent, field) {
      if (isFunction(node)) {
        const ended = frames.pop();
        current = frames.at(-1) ?? module;
        if (ended !== undefined) closeFunction(ended, node, current);
      }
      if (isNested(node, parent, field)) current.nesting--;
    },
    finish() {
      const roots = new Set(module.innerRoots);
      const cognitive = module.innerRoots.reduce((sum, { cognitive: own }) => sum + own, module.own);
      return {
        functions: functions.map((measured) => ({ ...measured, isCognitiveRoot: roots.has(measured) })),
        cyclomatic: functions.reduce((sum, { cyclomatic }) => sum + cyclomatic, module.cyclomatic),
        cognitive,
      };
    },
  };
}
