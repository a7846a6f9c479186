import { createSeededRandom, type Random } from "@antiphon/std";
import { z } from "zod";
import { PatternsError } from "../error.ts";
import { sampleText } from "./sample-text.ts";

/** The part of JSON Schema that zod writes and this reads. */
interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly items?: JsonSchema | boolean;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly format?: string;
  readonly pattern?: string;
}

interface Sampling {
  readonly root: JsonSchema;
  readonly random: Random;
}

/** Options of {@link fixture}. */
export interface FixtureOptions {
  /** Which data; the same seed gives the same data. Defaults to 1. */
  readonly seed?: number;
  /** The source itself, in place of a seed, for several fixtures in a row. */
  readonly random?: Random;
  /** Values that replace generated ones, at the top level. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** How deep a schema that contains itself is followed. */
const DEPTH_LIMIT = 5;
const DEFAULT_NUMBER_RANGE = 1_000;
const DEFAULT_ITEMS = 2;

function followReference({ root }: Sampling, reference: string): JsonSchema {
  const steps = reference.split("/").slice(1);
  return steps.reduce<JsonSchema>((schema, step) => (schema as Readonly<Record<string, JsonSchema>>)[step] ?? {}, root);
}

function sampleNumber(schema: JsonSchema, { random }: Sampling): number {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const isWhole = schema.type === "integer";
  const step = multipleOf ?? (isWhole ? 1 : 0.01);
  // zod writes the bounds of safe integers into every integer; numbers of everyday size read better.
  const isNear = (bound: number | undefined) => bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const low = isNear(minimum)
    ? (minimum as number)
    : isNear(exclusiveMinimum)
      ? (exclusiveMinimum as number) + step
      : undefined;
  const high = isNear(maximum)
    ? (maximum as number)
    : isNear(exclusiveMaximum)
      ? (exclusiveMaximum as number) - step
      : undefined;
  const from = low ?? (high === undefined ? 0 : Math.min(0, high - DEFAULT_NUMBER_RANGE));
  const to = high ?? from + DEFAULT_NUMBER_RANGE;
  return random.integer(Math.ceil(from / step), Math.max(Math.ceil(from / step), Math.floor(to / step))) * step;
}

function sampleArray(schema: JsonSchema, sampling: Sampling, depth: number): unknown[] {
  const { prefixItems = [], items, minItems = 0, maxItems = Math.max(minItems, DEFAULT_ITEMS) } = schema;
  const first = prefixItems.map((each) => sample(each, sampling, depth + 1));
  if (typeof items !== "object" || (depth >= DEPTH_LIMIT && minItems === 0)) return first;
  const count = sampling.random.integer(minItems, Math.min(maxItems, minItems + DEFAULT_ITEMS));
  return [...first, ...Array.from({ length: count }, () => sample(items, sampling, depth + 1))];
}

function sampleObject(schema: JsonSchema, sampling: Sampling, depth: number): Record<string, unknown> {
  const { properties = {}, required = [], additionalProperties, propertyNames = { type: "string" } } = schema;
  const { random } = sampling;
  // Optional properties come and go with the seed, so that both cases are met.
  const names = Object.keys(properties).filter(
    (name) => required.includes(name) || (random.next() < 0.5 && depth < DEPTH_LIMIT),
  );
  const entries = names.map((name) => [name, sample(properties[name] ?? {}, sampling, depth + 1)] as const);
  if (typeof additionalProperties !== "object" || Object.keys(properties).length > 0)
    return Object.fromEntries(entries);
  const keys = Array.from({ length: DEFAULT_ITEMS }, () => String(sample(propertyNames, sampling, depth + 1)));
  return Object.fromEntries(keys.map((key) => [key, sample(additionalProperties, sampling, depth + 1)]));
}

function sample(schema: JsonSchema, sampling: Sampling, depth: number): unknown {
  const { random } = sampling;
  if (schema.$ref !== undefined) return sample(followReference(sampling, schema.$ref), sampling, depth);
  if ("const" in schema) return schema.const;
  const choices = schema.examples ?? schema.enum;
  if (choices !== undefined && choices.length > 0) return random.pick(choices);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) {
    const simple = depth >= DEPTH_LIMIT ? alternatives.filter(({ type }) => type === "null") : [];
    return sample(random.pick(simple.length > 0 ? simple : alternatives), sampling, depth);
  }
  if (schema.allOf !== undefined) {
    return Object.assign({}, ...schema.allOf.map((each) => sample(each, sampling, depth)));
  }
  switch (schema.type) {
    case "string":
      return sampleText(schema, random);
    case "number":
    case "integer":
      return sampleNumber(schema, sampling);
    case "boolean":
      return random.next() < 0.5;
    case "array":
      return sampleArray(schema, sampling, depth);
    case "object":
      return sampleObject(schema, sampling, depth);
    case "null":
      return null;
    default:
      return schema.default ?? sampleText({}, random);
  }
}

/**
 * Data that a zod schema accepts, made from a seed. What a schema asks beyond types, bounds and the usual formats it says by
 * `.meta({ examples: […] })`; Discord ids by `.meta({ format: "snowflake" })`.
 *
 * @throws PatternsError PATTERNS_INVALID_ARGUMENT when what was generated does not pass the schema, with what it asks
 */
export function fixture<Schema extends z.ZodType>(schema: Schema, options: FixtureOptions = {}): z.output<Schema> {
  const { seed = 1, random = createSeededRandom(seed), overrides } = options;
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const value = sample(root, { root, random }, 0);
  const data = overrides === undefined ? value : { ...(value as object), ...overrides };
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  throw new PatternsError(
    "PATTERNS_INVALID_ARGUMENT",
    `No data could be made for the schema. Give overrides, or examples by .meta({ examples }): ${problems}.`,
  );
}
