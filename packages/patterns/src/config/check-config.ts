import type { z } from "zod";
import { ConfigurationError } from "../errors/domain-errors.ts";
import { withValue, type ConfigLayer, type ConfigTree, type MergedConfig } from "./config-layer.ts";
import { valueAt } from "./config-path.ts";
import { convertText, type VariableNames } from "./variables.ts";

/** One thing that is wrong with a configuration. */
export interface ConfigIssue {
  /** The dotted path. */
  readonly key: string;
  /** The file or variable that it was set by, or where it could be set. */
  readonly source: string;
  /** What is wrong, and what was expected; never the value. */
  readonly problem: string;
}

/** What {@link checkConfig} needs to name places. */
export interface CheckOptions {
  readonly variables: VariableNames;
  /** The file that a missing value would stand in. */
  readonly baseFile: string | undefined;
}

function originOf(path: string, origins: MergedConfig["origins"]): ConfigLayer | undefined {
  const exact = origins.get(path);
  if (exact !== undefined || path === "") return exact;
  const inside = [...origins.keys()].find((each) => each.startsWith(`${path}.`));
  if (inside !== undefined) return origins.get(inside);
  return originOf(path.split(".").slice(0, -1).join("."), origins);
}

/** Where somebody would set a value that is missing. */
function placeFor(key: string, { variables, baseFile }: CheckOptions): string {
  const variable = Object.entries(variables.names ?? {}).find(
    ([, path]) => path === key || path.startsWith(`${key}.`),
  )?.[0];
  const file = baseFile === undefined ? undefined : `${key} in ${baseFile}`;
  const places = [variable, file].filter((place) => place !== undefined);
  return places.length === 0 ? "not set" : `not set: set ${places.join(" or ")}`;
}

function issuesOf(error: z.ZodError, merged: MergedConfig, options: CheckOptions): readonly ConfigIssue[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    const keys =
      issue.code === "unrecognized_keys" ? issue.keys.map((name) => [...path, name].join(".")) : [path.join(".")];
    return keys.map((key) => {
      const origin = valueAt(merged.values, key) === undefined ? undefined : originOf(key, merged.origins);
      const problem = issue.code === "unrecognized_keys" ? "there is no such setting" : issue.message;
      return { key, source: origin?.sourceOf(key) ?? placeFor(key, options), problem };
    });
  });
}

/** Reads the text of variables as what the schema wants at that place. */
function convertVariables(error: z.ZodError, { values, origins }: MergedConfig): ConfigTree {
  return error.issues.reduce((tree, issue) => {
    const path = issue.path.map(String);
    const text = valueAt(tree, path.join("."));
    const isText = typeof text === "string" && originOf(path.join("."), origins)?.isText === true;
    return isText && issue.code === "invalid_type" ? withValue(tree, path, convertText(text, issue.expected)) : tree;
  }, values);
}

/**
 * Checks merged values with a schema.
 *
 * @throws ConfigurationError with a line for each issue; the issues themselves are in `details.issues`
 */
export function checkConfig<Schema extends z.ZodType>(
  schema: Schema,
  merged: MergedConfig,
  options: CheckOptions,
): z.output<Schema> {
  const first = schema.safeParse(merged.values);
  if (first.success) return first.data;
  const converted = { ...merged, values: convertVariables(first.error, merged) };
  const result = schema.safeParse(converted.values);
  if (result.success) return result.data;
  const issues = issuesOf(result.error, converted, options);
  const lines = issues.map(({ key, source, problem }) => `  ${key} (${source}): ${problem}`);
  throw new ConfigurationError(`The configuration does not fit:\n${lines.join("\n")}`, { details: { issues } });
}
