import type { Comment, Node } from "oxc-parser";
import { DEFAULT_MAX_FILE_BYTES, type AnalyzeOptions } from "./analyze-options.ts";
import type { ComplexityMetrics } from "./complexity/complexity.ts";
import { createComplexityMeter, type Measures } from "./complexity/complexity-meter.ts";
import { exportedSymbols, type DocumentationCoverage } from "./documentation/documentation-coverage.ts";
import { scanTokens, type TokenList } from "./duplication/tokens.ts";
import type { FileAnalysis } from "./file-analysis.ts";
import { compareFindings, createFinding, type Finding, type FindingDraft } from "./finding.ts";
import { defaultLimits } from "./limits.ts";
import { judgeMeasures } from "./measure-findings.ts";
import { nodeRules, ruleCatalog, type RuleId } from "./rule-catalog.ts";
import type { RuleContext, RuleHandlers } from "./rule.ts";
import { siftFindings } from "./suppression.ts";
import { declareNames, declareParameters } from "./syntax/declare-names.ts";
import { isStackExhausted, TOO_NESTED } from "./syntax/deep-nesting.ts";
import { isFunction } from "./syntax/node.ts";
import { parseSource, type ParsedSource } from "./syntax/parse-source.ts";
import { createScope } from "./syntax/scope.ts";
import { createSourceText, type SourceText, type Span } from "./syntax/source-text.ts";
import { walk } from "./syntax/walk.ts";

/** What was seen in a file, before its findings are complete: repetitions need all files, and suppressions need all findings. */
export interface Inspection {
  readonly source: SourceText;
  readonly complexity: ComplexityMetrics;
  readonly documentation: DocumentationCoverage;
  readonly drafts: readonly FindingDraft[];
  readonly comments: readonly Comment[];
  readonly tokens: TokenList;
}

type Report = (rule: RuleId, at: Span, message: string, identity?: string) => void;
type Handler = (node: Node) => void;

/** How bad a rule's findings are under these options; undefined where it is off. */
export function severityOf(rule: RuleId, { severities }: AnalyzeOptions): Finding["severity"] | undefined {
  const severity = severities?.[rule] ?? ruleCatalog.get(rule)?.severity;
  return severity === "off" ? undefined : severity;
}

function collectHandlers(handlers: readonly RuleHandlers[]): ReadonlyMap<string, readonly Handler[]> {
  const byType = new Map<string, Handler[]>();
  for (const [type, handler] of handlers.flatMap((each) => Object.entries(each))) {
    const list = byType.get(type) ?? [];
    list.push(handler as Handler);
    byType.set(type, list);
  }
  return byType;
}

const isTokenOfItsOwn = (node: Node) =>
  node.type === "TemplateElement" || node.type === "JSXText" || (node.type === "Literal" && "regex" in node);

const isLeftOut = ({ type }: Node) =>
  type === "ImportDeclaration" || type === "ExportAllDeclaration" || type === "TSImportEqualsDeclaration";

interface Walked {
  readonly measures: Measures;
  readonly tokens: TokenList;
}

function walkSource(parsed: ParsedSource, options: AnalyzeOptions, report: Report): Walked {
  const { source, program, comments } = parsed;
  const ancestors: Node[] = [];
  const later: (() => void)[] = [];
  const meter = createComplexityMeter(source);
  const whole: Span[] = [];
  let scope = createScope(undefined);
  const limits = { ...defaultLimits, ...options.limits };
  const contextFor = (rule: RuleId): RuleContext => ({
    source,
    program,
    comments,
    limits,
    ancestors,
    get scope() {
      return scope;
    },
    later: (judge) => void later.push(judge),
    report: (at, message, identity) => report(rule, at, message, identity),
  });
  const rules = nodeRules.filter(({ id }) => severityOf(id, options) !== undefined);
  const handlers = collectHandlers(rules.map((rule) => rule.check(contextFor(rule.id))));
  walk(
    program,
    (node, parent, field) => {
      meter.enter(node, parent, field);
      declareNames(node, scope);
      if (isFunction(node)) {
        scope = createScope(scope);
        declareParameters(node.params, scope);
      } else if (isTokenOfItsOwn(node)) whole.push(node);
      const listed = handlers.get(node.type);
      if (listed !== undefined) for (const handle of listed) handle(node);
      ancestors.push(node);
    },
    (node, parent, field) => {
      ancestors.pop();
      if (isFunction(node)) scope = scope.parent ?? scope;
      meter.leave(node, parent, field);
    },
  );
  for (const judge of later) judge();
  for (const end of handlers.get("end") ?? []) end(program);
  const byStart = (left: Span, right: Span) => left.start - right.start;
  const skipped = [...comments, ...program.body.filter(isLeftOut)].sort(byStart);
  return { measures: meter.finish(), tokens: scanTokens(source.text, { skipped, whole: whole.sort(byStart) }) };
}

const emptyInspection = (source: SourceText, drafts: readonly FindingDraft[]): Inspection => ({
  source,
  complexity: { functions: [], cyclomatic: 0, cognitive: 0 },
  documentation: { exported: 0, documented: 0 },
  drafts,
  comments: [],
  tokens: { hashes: new Int32Array(), starts: new Int32Array(), ends: new Int32Array() },
});

/** The inspection of a file that cannot be looked into, with the finding that says why. */
export function inspectFailure(file: string, rule: RuleId, message: string, options: AnalyzeOptions): Inspection {
  const severity = severityOf(rule, options);
  const drafts = severity === undefined ? [] : [{ rule, severity, start: 0, end: 0, message, identity: "" }];
  return emptyInspection(createSourceText(file, ""), drafts);
}

/** The inspection of a file that is larger than the options allow. */
export function inspectTooLarge(file: string, options: AnalyzeOptions): Inspection {
  const message = `This file has more than ${maxFileBytes(options)} bytes and was not looked at.`;
  return inspectFailure(file, "parse/too-large", message, options);
}

/** The largest file, in bytes, that is looked at under these options. */
export const maxFileBytes = (options: AnalyzeOptions): number => options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES;

/** Looks into a text; what it found becomes an analysis with {@link completeAnalysis}. */
export function inspectSource(file: string, text: string, options: AnalyzeOptions): Inspection {
  // A UTF-16 code unit takes one to three bytes of UTF-8, so that most texts need not be measured.
  const limitBytes = maxFileBytes(options);
  if (text.length > limitBytes || (text.length * 3 > limitBytes && Buffer.byteLength(text) > limitBytes)) {
    return inspectTooLarge(file, options);
  }
  try {
    return inspectText(file, text, options);
  } catch (error) {
    if (!isStackExhausted(error)) throw error;
    return inspectFailure(file, "parse/too-nested", TOO_NESTED, options);
  }
}

function inspectText(file: string, text: string, options: AnalyzeOptions): Inspection {
  const parsed = parseSource(file, text);
  const { source } = parsed;
  const drafts: FindingDraft[] = [];
  const report: Report = (rule, { start, end }, message, identity) => {
    const severity = severityOf(rule, options);
    if (severity !== undefined) drafts.push({ rule, severity, start, end, message, identity });
  };
  if ("problem" in parsed) {
    const at = { start: parsed.offset, end: parsed.offset };
    report(parsed.rule, at, parsed.problem, "");
    return emptyInspection(source, drafts);
  }
  const { measures, tokens } = walkSource(parsed, options, report);
  const symbols = exportedSymbols(parsed.program, source, parsed.comments);
  const limits = { ...defaultLimits, ...options.limits };
  for (const draft of judgeMeasures(source, measures.functions, symbols, limits)) {
    report(draft.rule, draft, draft.message, draft.identity);
  }
  const documented = symbols.filter(({ isDocumented }) => isDocumented).length;
  return {
    source,
    complexity: {
      ...measures,
      functions: measures.functions.map(({ start: _start, end: _end, isCognitiveRoot: _root, ...figures }) => figures),
    },
    documentation: { exported: symbols.length, documented },
    drafts,
    comments: parsed.comments,
    tokens,
  };
}

/** Makes the analysis of a file: its own findings and `further` ones, without those that a comment accepts. */
export function completeAnalysis(inspection: Inspection, further: readonly FindingDraft[]): FileAnalysis {
  const { source, complexity, documentation, drafts, comments } = inspection;
  const found = [...drafts, ...further].map((draft) => createFinding(source, draft));
  const { kept, suppressed, faults } = siftFindings(found, comments, source);
  return {
    file: source.file,
    lines: source.lineCount,
    complexity,
    documentation,
    findings: [...kept, ...faults.map((draft) => createFinding(source, draft))].sort(compareFindings),
    suppressed,
  };
}
