import { CoreError } from "../core-error.ts";

type ParameterNames<Pattern extends string> = Pattern extends `${infer Head}/${infer Tail}`
  ? ParameterNames<Head> | ParameterNames<Tail>
  : Pattern extends `:${infer Name}`
    ? Name
    : never;

/** The parameters of a custom-id pattern: `{ page: string }` for `"queue:page/:page"`. */
export type PatternParameters<Pattern extends string> = { readonly [Name in ParameterNames<Pattern>]: string };

/** A pattern ready to be matched. */
export interface CompiledPattern {
  /** The pattern with its parameters' names left out; two patterns of one shape collide. */
  readonly shape: string;
  /** The parameters that a custom id carries, or undefined when it does not match. */
  match(id: string): Readonly<Record<string, string>> | undefined;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A stray percent sign: somebody else's custom id, so it is no match.
    return undefined;
  }
}

/**
 * Compiles a pattern: segments between slashes, of which those that start with a colon are parameters.
 *
 * @throws {@link CoreError} `CORE_PATTERN_INVALID` for an empty or too long pattern, or a parameter without a name or twice
 */
export function compilePattern(pattern: string): CompiledPattern {
  const segments = pattern.split("/");
  const names = segments.filter((segment) => segment.startsWith(":")).map((segment) => segment.slice(1));
  if (pattern === "" || pattern.length > 100 || names.includes("") || new Set(names).size !== names.length) {
    throw new CoreError(
      "CORE_PATTERN_INVALID",
      `"${pattern}" is no pattern: use 1 to 100 characters such as "queue:page/:page", each parameter named once.`,
    );
  }
  return {
    shape: segments.map((segment) => (segment.startsWith(":") ? ":" : segment)).join("/"),
    match(id) {
      const parts = id.split("/");
      if (parts.length !== segments.length) return undefined;
      const parameters: Record<string, string> = {};
      for (const [index, segment] of segments.entries()) {
        const part = parts[index] as string;
        if (!segment.startsWith(":")) {
          if (segment !== part) return undefined;
          continue;
        }
        const value = decode(part);
        if (value === undefined) return undefined;
        parameters[segment.slice(1)] = value;
      }
      return parameters;
    },
  };
}

/**
 * The custom id of a pattern with its parameters filled in (percent-encoded where needed).
 *
 * @throws {@link CoreError} `CORE_PATTERN_INVALID` when it is longer than the 100 characters that Discord takes, or a parameter ends
 * within a character
 */
export function customId<const Pattern extends string>(
  pattern: Pattern,
  parameters: PatternParameters<Pattern>,
): string {
  const values: Readonly<Record<string, string>> = parameters;
  for (const [name, value] of Object.entries(values)) {
    if (value.isWellFormed()) continue;
    throw new CoreError("CORE_PATTERN_INVALID", `The parameter "${name}" of "${pattern}" holds half of a character.`);
  }
  const id = pattern
    .split("/")
    .map((segment) => (segment.startsWith(":") ? encodeURIComponent(values[segment.slice(1)] ?? "") : segment))
    .join("/");
  if (id.length > 100) {
    throw new CoreError(
      "CORE_PATTERN_INVALID",
      `The custom id of "${pattern}" is ${id.length} characters long; at most 100 are allowed. Keep the data elsewhere and put its key into the id.`,
    );
  }
  return id;
}
