/** Figures above which a finding is made. */
export interface Limits {
  /** Cyclomatic complexity of a function; 1 or more. Defaults to 20. */
  readonly cyclomatic: number;
  /** Cognitive complexity of a function; 0 or more. Defaults to 15, as in SonarSource's rule S3776. */
  readonly cognitive: number;
  /** Lines from a function's first to its last; 1 or more. Defaults to 100. */
  readonly functionLines: number;
  /** Lines of a file; 1 or more. Defaults to 1,000. */
  readonly fileLines: number;
  /** Parameters of a function; 0 or more. Defaults to 6. */
  readonly parameters: number;
  /** How deep branches, loops, `switch` and `catch` may be nested in a function; 1 or more. Defaults to 5. */
  readonly nestingDepth: number;
  /** Tokens that must be equal in a row to count as a repetition; 20 or more. Defaults to 100. */
  readonly duplicateTokens: number;
}

/** The limits that hold where no others are given. */
export const defaultLimits: Limits = {
  cyclomatic: 20,
  cognitive: 15,
  functionLines: 100,
  fileLines: 1_000,
  parameters: 6,
  nestingDepth: 5,
  duplicateTokens: 100,
};
