import { z } from "zod";

const SHOWN_ISSUES = 5;
const MAXIMUM_LENGTH = 1_000;

/** What does not fit a schema, in a few lines: a stranger's message may be wrong in a hundred thousand places. */
export function describeMisfit({ issues }: z.ZodError): string {
  const text = z.prettifyError(new z.ZodError(issues.slice(0, SHOWN_ISSUES))).slice(0, MAXIMUM_LENGTH);
  return issues.length <= SHOWN_ISSUES ? text : `${text}\n… and ${issues.length - SHOWN_ISSUES} more`;
}
