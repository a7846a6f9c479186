/** How complex a function is. */
export interface FunctionComplexity {
  /** Its name, as far as it has one: that of its declaration, method, property or variable; else `(anonymous)`. */
  readonly name: string;
  /** The line it starts in; from 1. */
  readonly line: number;
  /** Its lines from the first to the last. */
  readonly lines: number;
  /** Its parameters. */
  readonly parameters: number;
  /** The number of independent ways through it: 1 and one for each branch. Functions within it count for themselves. */
  readonly cyclomatic: number;
  /** How hard it is to follow, by SonarSource's rules; functions within it count with it. */
  readonly cognitive: number;
  /** How deep structures are nested in it. */
  readonly nestingDepth: number;
}

/** How complex a file or a project is. */
export interface ComplexityMetrics {
  /** Its functions, in the order in which they end. */
  readonly functions: readonly FunctionComplexity[];
  /** The sum over its functions, and over the code outside of them. */
  readonly cyclomatic: number;
  /** The sum over its functions, each nested one counted once, and over the code outside of them. */
  readonly cognitive: number;
}

/** A function that was measured, and where it is. */
export interface MeasuredFunction extends FunctionComplexity {
  readonly start: number;
  readonly end: number;
  /** Whether its cognitive complexity is its own and not part of an outer function's. */
  readonly isCognitiveRoot: boolean;
}
