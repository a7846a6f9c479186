import { describe } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Why a suite was skipped; the reporter lists it at the end of the run. */
    skippedBecause?: string;
  }
}

/** A suite that is skipped when there is a reason to; the reason is listed, with the suite's name, at the end of the run. */
export function describeUnless(reasonToSkip: string | undefined, title: string, define: () => void): void {
  if (reasonToSkip === undefined) describe(title, define);
  else describe.skip(title, { meta: { skippedBecause: reasonToSkip } }, define);
}
