import type { MeasuredFunction } from "./complexity/complexity.ts";
import type { ExportedSymbol } from "./documentation/documentation-coverage.ts";
import type { Limits } from "./limits.ts";
import type { RuleId } from "./rule-catalog.ts";
import type { SourceText, Span } from "./syntax/source-text.ts";

/** What a measure found, without its severity. */
export interface MeasureDraft extends Span {
  readonly rule: RuleId;
  readonly message: string;
  readonly identity: string;
}

const counted = (figure: number, one: string) => `${figure} ${one}${figure === 1 ? "" : "s"}`;

/** The findings that follow from the figures of a function. */
function judgeFunction(measured: MeasuredFunction, limits: Limits): MeasureDraft[] {
  const { name, start, cyclomatic, cognitive, lines, parameters, nestingDepth } = measured;
  const of = name === "(anonymous)" ? "This function" : `\`${name}\``;
  const draft = (rule: RuleId, message: string): MeasureDraft => ({ rule, message, start, end: start, identity: name });
  return [
    ...(cyclomatic > limits.cyclomatic
      ? [
          draft(
            "complexity/cyclomatic",
            `${of} has ${cyclomatic} independent ways through it; at most ${limits.cyclomatic} can be tested with ease.`,
          ),
        ]
      : []),
    ...(measured.isCognitiveRoot && cognitive > limits.cognitive
      ? [
          draft(
            "complexity/cognitive",
            `${of} has a cognitive complexity of ${cognitive}; split it until it has at most ${limits.cognitive}.`,
          ),
        ]
      : []),
    ...(lines > limits.functionLines
      ? [
          draft(
            "complexity/function-lines",
            `${of} has ${counted(lines, "line")}; at most ${limits.functionLines} fit before the eye.`,
          ),
        ]
      : []),
    ...(parameters > limits.parameters
      ? [
          draft(
            "complexity/parameters",
            `${of} has ${counted(parameters, "parameter")}; take one object instead of more than ${limits.parameters}.`,
          ),
        ]
      : []),
    ...(nestingDepth > limits.nestingDepth
      ? [
          draft(
            "complexity/nesting-depth",
            `${of} nests ${nestingDepth} structures; return early or split it until there are at most ${limits.nestingDepth}.`,
          ),
        ]
      : []),
  ];
}

/** The findings that follow from the figures of a file. */
export function judgeMeasures(
  source: SourceText,
  functions: readonly MeasuredFunction[],
  symbols: readonly ExportedSymbol[],
  limits: Limits,
): MeasureDraft[] {
  const tooLong: MeasureDraft[] =
    source.lineCount > limits.fileLines
      ? [
          {
            rule: "complexity/file-lines",
            message: `This file has ${counted(source.lineCount, "line")}; split it until it has at most ${limits.fileLines}.`,
            start: 0,
            end: 0,
            identity: "",
          },
        ]
      : [];
  const undocumented = symbols
    .filter(({ isDocumented }) => !isDocumented)
    .map(({ name, start, end }): MeasureDraft => ({
      rule: "documentation/missing",
      message: `\`${name}\` is exported without a word of documentation: say in a sentence what it is.`,
      start,
      end,
      identity: name,
    }));
  return [...tooLong, ...functions.flatMap((measured) => judgeFunction(measured, limits)), ...undocumented];
}
