import { describeError } from "@antiphon/std";
import { z } from "zod";
import type { Finding } from "./finding.ts";
import { QualityError } from "./quality-error.ts";

const baselineSchema = z.object({
  version: z.literal(1),
  findings: z.array(
    z.object({ rule: z.string(), file: z.string(), fingerprint: z.string(), count: z.number().int().positive() }),
  ),
});

/** Findings that were there when somebody decided to look at new ones only. */
export type Baseline = z.infer<typeof baselineSchema>;

/** Makes a baseline of findings. */
export function createBaseline(findings: readonly Finding[]): Baseline {
  const entries = new Map<string, Baseline["findings"][number]>();
  for (const { rule, file, fingerprint } of findings) {
    const known = entries.get(fingerprint);
    entries.set(fingerprint, { rule, file, fingerprint, count: (known?.count ?? 0) + 1 });
  }
  return { version: 1, findings: [...entries.values()] };
}

/**
 * Reads the text of a baseline file.
 *
 * @throws QualityError `QUALITY_BASELINE_INVALID`
 */
export function parseBaseline(text: string): Baseline {
  try {
    return baselineSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : describeError(error);
    const message = `The baseline is none that \`--update-baseline\` wrote: ${reason}`;
    throw new QualityError("QUALITY_BASELINE_INVALID", message, { cause: error });
  }
}

/** The text of a baseline file: a line for each finding, so that a change shows what came and went. */
export function formatBaseline({ version, findings }: Baseline): string {
  const lines = findings.map((entry) => `    ${JSON.stringify(entry)}`).join(",\n");
  return `{\n  "version": ${version},\n  "findings": [${lines === "" ? "" : `\n${lines}\n  `}]\n}\n`;
}

/** Findings seen against a baseline. */
export interface BaselineComparison {
  /** Findings that the baseline does not have. */
  readonly fresh: readonly Finding[];
  /** Findings that it has. */
  readonly known: readonly Finding[];
  /** Entries of the baseline that are gone from the code, at least in part; they should leave the baseline too. */
  readonly gone: Baseline["findings"];
}

/** Tells new findings from known ones. Of several with the same fingerprint, as many are known as the baseline counts. */
export function compareWithBaseline(findings: readonly Finding[], baseline: Baseline): BaselineComparison {
  const left = new Map(baseline.findings.map(({ fingerprint, count }) => [fingerprint, count]));
  const fresh: Finding[] = [];
  const known: Finding[] = [];
  for (const finding of findings) {
    const count = left.get(finding.fingerprint) ?? 0;
    if (count > 0) left.set(finding.fingerprint, count - 1);
    (count > 0 ? known : fresh).push(finding);
  }
  return { fresh, known, gone: baseline.findings.filter(({ fingerprint }) => (left.get(fingerprint) ?? 0) > 0) };
}
