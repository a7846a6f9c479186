/** What `runRecommend` talks to. */
export interface RecommendIo {
  /** Where the report goes. */
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean | undefined };
  /** Where progress and complaints go. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean | undefined };
  /** The folder to which paths are relative; absolute. */
  readonly cwd: string;
  /** Environment variables; `NO_COLOR` and `FORCE_COLOR` are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the command; an import keeps what it has committed. */
  readonly signal?: AbortSignal | undefined;
}
