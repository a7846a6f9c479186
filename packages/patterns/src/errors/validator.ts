import { z } from "zod";
import { ValidationError } from "./domain-errors.ts";

/** What `typeof` can tell, and `array`, `null` and `integer`. */
export interface ValueKinds {
  readonly string: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly bigint: bigint;
  readonly object: object;
  readonly array: readonly unknown[];
  readonly function: (...parameters: never[]) => unknown;
  readonly null: null;
  readonly undefined: undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function isOfKind(value: unknown, kind: keyof ValueKinds): boolean {
  if (kind === "integer") return Number.isInteger(value);
  if (kind === "number") return typeof value === "number" && !Number.isNaN(value);
  return kindOf(value) === kind;
}

/** What {@link Validator.sanitize} removes and allows. */
export interface SanitizeOptions {
  /** The most characters that are left. Defaults to 4,000, the most that Discord takes in a field. */
  readonly maximumLength?: number;
  /** Keeps line breaks and tabs. Defaults to true. */
  readonly keepLines?: boolean;
}

// Marks that turn the direction of text, and characters that cannot be seen: they let one text pass for another.
const INVISIBLE = /[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g;
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

const emailSchema = z.email();

/** Checks of input. Their messages name the field and what was expected, and never repeat the value. */
export const Validator = {
  /** Checks a value with a zod schema and returns what the schema makes of it. @throws ValidationError with a line for each problem */
  validate<Schema extends z.ZodType>(schema: Schema, value: unknown, name: string): z.output<Schema> {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const problems = result.error.issues.map((issue) => ({
      field: [name, ...issue.path.map(String)].join("."),
      problem: issue.message,
    }));
    const lines = problems.map(({ field, problem }) => `${field}: ${problem}`);
    throw new ValidationError(lines.join("\n"), { details: { problems } });
  },
  /** Checks the kind of a value. @throws ValidationError */
  validateType<Kind extends keyof ValueKinds>(value: unknown, kind: Kind, name: string): ValueKinds[Kind] {
    if (isOfKind(value, kind)) return value as ValueKinds[Kind];
    throw new ValidationError(`${name}: expected ${kind}, received ${kindOf(value)}`, {
      details: { field: name, expected: kind, received: kindOf(value) },
    });
  },
  /** Checks an email address and returns it. @throws ValidationError */
  validateEmail(value: unknown, name = "email"): string {
    const result = emailSchema.safeParse(value);
    if (result.success) return result.data;
    throw new ValidationError(`${name}: expected an email address`, { details: { field: name, expected: "email" } });
  },
  /** Checks an absolute URL and returns it; `protocols` defaults to `http:` and `https:`. @throws ValidationError */
  validateUrl(
    value: unknown,
    {
      name = "url",
      protocols = ["http:", "https:"],
    }: { readonly name?: string; readonly protocols?: readonly string[] } = {},
  ): URL {
    const url = typeof value === "string" ? URL.parse(value) : null;
    if (url !== null && protocols.includes(url.protocol)) return url;
    throw new ValidationError(`${name}: expected a URL that begins with ${protocols.join(" or ")}`, {
      details: { field: name, expected: "url", protocols },
    });
  },
  /** Text in one Unicode form, without control and invisible characters, trimmed and no longer than allowed. */
  sanitize(text: string, { maximumLength = 4_000, keepLines = true }: SanitizeOptions = {}): string {
    const visible = text.normalize("NFC").replaceAll("\r\n", "\n").replaceAll(CONTROL, "").replaceAll(INVISIBLE, "");
    const lines = keepLines ? visible : visible.replaceAll(/\s+/g, " ");
    const cut = lines.trim().slice(0, maximumLength);
    // A cut between two halves of one character would leave half of it.
    return cut.isWellFormed() ? cut : cut.slice(0, -1).toWellFormed();
  },
};
