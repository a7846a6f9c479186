import { describeError } from "@antiphon/std";
import { z } from "zod";
import type { AnalyzeOptions } from "../analyze-options.ts";
import type { Gate } from "../gate.ts";
import type { FileSelection } from "../project/project-files.ts";
import { QualityError } from "../quality-error.ts";
import { ruleCatalog, type RuleId } from "../rule-catalog.ts";

const count = z.number().int().nonnegative();
const percent = z.number().min(0).max(100);
const severity = z.enum(["note", "warning", "error"]);
const ruleIds = z.enum([...ruleCatalog.keys()] as [RuleId, ...RuleId[]]);

const settingsSchema = z.strictObject({
  include: z.array(z.string()).optional(),
  exclude: z.array(z.string()).optional(),
  maxFiles: count.optional(),
  maxFileBytes: count.optional(),
  limits: z
    .strictObject({
      cyclomatic: count,
      cognitive: count,
      functionLines: count,
      fileLines: count,
      parameters: count,
      nestingDepth: count,
      duplicateTokens: z.number().int().min(20),
    })
    .partial()
    .optional(),
  severities: z.partialRecord(ruleIds, z.union([severity, z.literal("off")])).optional(),
  gate: z
    .strictObject({
      failOn: z.union([severity, z.literal("never")]),
      maxFindings: count,
      minDocumentedPercent: percent,
      maxDuplicatedPercent: percent,
    })
    .partial()
    .optional(),
});

/** What a settings file says. */
export interface AnalyzeSettings extends AnalyzeOptions, FileSelection {
  /** What the project must reach. */
  readonly gate?: Gate | undefined;
}

/**
 * Reads the JSON text of a settings file. A key it does not know is an error: a misspelt limit would be no limit.
 *
 * @throws QualityError `QUALITY_SETTINGS_INVALID`
 */
export function parseSettings(text: string): AnalyzeSettings {
  try {
    // JSON has no undefined, which the schema's type allows for and the settings' type does not.
    return settingsSchema.parse(JSON.parse(text)) as AnalyzeSettings;
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : describeError(error);
    throw new QualityError("QUALITY_SETTINGS_INVALID", `The settings cannot be used: ${reason}`, { cause: error });
  }
}
