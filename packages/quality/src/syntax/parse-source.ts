import {
  parseSync,
  rawTransferSupported,
  type Comment,
  type ParseResult,
  type ParserOptions,
  type Program,
} from "oxc-parser";
import { findDeepNesting, isStackExhausted, TOO_NESTED } from "./deep-nesting.ts";
import { createSourceText, type SourceText } from "./source-text.ts";

/** A file that was parsed. */
export interface ParsedSource {
  readonly source: SourceText;
  readonly program: Program;
  readonly comments: readonly Comment[];
}

/** Why a file could not be parsed, and where. */
export interface SyntaxProblem {
  readonly source: SourceText;
  readonly rule: "parse/syntax-error" | "parse/too-nested";
  /** In a sentence, with the parser's own words if it has any. */
  readonly problem: string;
  /** From 0, in UTF-16 code units. */
  readonly offset: number;
}

/** Older JavaScript may hold JSX, or be a script or a CommonJS module, without a word of it in its name. */
function languageOf(file: string): ParserOptions {
  if (file.endsWith(".cjs")) return { lang: "jsx", sourceType: "commonjs" };
  return /\.m?js$/.test(file) ? { lang: "jsx", sourceType: file.endsWith(".mjs") ? "module" : "unambiguous" } : {};
}

/**
 * The parser can hand its tree over in shared memory, which takes half the time of handing it over as JSON. That is not in its
 * declarations yet, and reserves much address space, which some machines don't give: then the other way does.
 */
let sharesMemory = rawTransferSupported();

function parseText(file: string, text: string): ParseResult {
  const options: ParserOptions = { ...languageOf(file), preserveParens: false };
  if (sharesMemory) {
    try {
      const shared: ParserOptions & { experimentalRawTransfer: boolean } = {
        ...options,
        experimentalRawTransfer: true,
      };
      return parseSync(file, text, shared);
    } catch (error) {
      if (!(error instanceof RangeError) || isStackExhausted(error)) throw error;
      sharesMemory = false;
    }
  }
  return parseSync(file, text, options);
}

/** Parses JavaScript or TypeScript, with or without JSX, by the file's extension; never throws for what is in the text. */
export function parseSource(file: string, text: string): ParsedSource | SyntaxProblem {
  const source = createSourceText(file, text);
  const tooDeepAt = findDeepNesting(text);
  if (tooDeepAt !== undefined) return { source, rule: "parse/too-nested", problem: TOO_NESTED, offset: tooDeepAt };
  const parsed = parseText(file, text);
  const fault = parsed.errors.find(({ severity }: { readonly severity: string }) => severity === "Error");
  if (fault !== undefined) {
    const problem = `It cannot be parsed: ${fault.message}.`;
    return { source, rule: "parse/syntax-error", problem, offset: fault.labels[0]?.start ?? 0 };
  }
  return { source, program: parsed.program, comments: parsed.comments };
}
