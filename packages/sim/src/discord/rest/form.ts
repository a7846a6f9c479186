import { isSnowflake } from "@antiphon/protocol/discord";
import { ApiError } from "./api-error.ts";

/** Where in a body something is: `["embeds", 0, "title"]`. */
export type FormPath = readonly (string | number)[];

/** Bounds of a text or a list. */
interface Lengths {
  readonly minimum?: number;
  readonly maximum: number;
  readonly required?: boolean;
}

/**
 * Checks a body field by field and collects what is wrong, so that one answer names it all. Each check gives the value when it is right,
 * and undefined when it is absent, null or wrong.
 *
 * @see [Discord Docs/Reference#Error Messages]
 */
export interface Form {
  /** Notes a fault. */
  fail(path: FormPath, code: string, message: string): void;
  text(value: unknown, path: FormPath, lengths: Lengths): string | undefined;
  integer(
    value: unknown,
    path: FormPath,
    range: { readonly minimum: number; readonly maximum: number; readonly required?: boolean },
  ): number | undefined;
  boolean(value: unknown, path: FormPath): boolean | undefined;
  snowflake(value: unknown, path: FormPath): string | undefined;
  /** A bit field in a decimal text, as permissions are. */
  bits(value: unknown, path: FormPath): bigint | undefined;
  list(value: unknown, path: FormPath, lengths: Lengths): readonly unknown[] | undefined;
  object(value: unknown, path: FormPath): Readonly<Record<string, unknown>> | undefined;
  url(value: unknown, path: FormPath, schemes: readonly string[]): string | undefined;
  /** Throws the error 50035 when anything was wrong. */
  finish(): void;
}

type ErrorTree = { [key: string]: ErrorTree | { code: string; message: string }[] };

/** Starts a {@link Form}. */
export function createForm(): Form {
  const errors: ErrorTree = {};
  const fail = (path: FormPath, code: string, message: string): undefined => {
    let node = errors;
    for (const key of path) node = (node[String(key)] ??= {}) as ErrorTree;
    const list = (node["_errors"] ??= []) as { code: string; message: string }[];
    list.push({ code, message });
  };
  const isAbsent = (value: unknown, path: FormPath, required: boolean | undefined) => {
    if (value !== undefined && value !== null) return false;
    if (required === true) fail(path, "BASE_TYPE_REQUIRED", "This field is required");
    return true;
  };
  const fits = (length: number, path: FormPath, { minimum = 0, maximum }: Lengths) => {
    if (length >= minimum && length <= maximum) return true;
    if (minimum > 0) fail(path, "BASE_TYPE_BAD_LENGTH", `Must be between ${minimum} and ${maximum} in length.`);
    else fail(path, "BASE_TYPE_MAX_LENGTH", `Must be ${maximum} or fewer in length.`);
    return false;
  };
  return {
    fail,
    text(value, path, lengths) {
      if (isAbsent(value, path, lengths.required)) return undefined;
      if (typeof value !== "string")
        return fail(path, "STRING_TYPE_CONVERT", `Could not interpret "${String(value)}" as string.`);
      return fits(Array.from(value).length, path, lengths) ? value : undefined;
    },
    integer(value, path, { minimum, maximum, required }) {
      if (isAbsent(value, path, required)) return undefined;
      if (typeof value !== "number" || !Number.isSafeInteger(value)) {
        return fail(path, "NUMBER_TYPE_COERCE", `Value "${String(value)}" is not int.`);
      }
      if (value < minimum)
        return fail(path, "NUMBER_TYPE_MIN", `int value should be greater than or equal to ${minimum}.`);
      if (value > maximum)
        return fail(path, "NUMBER_TYPE_MAX", `int value should be less than or equal to ${maximum}.`);
      return value;
    },
    boolean(value, path) {
      if (isAbsent(value, path, false)) return undefined;
      if (typeof value !== "boolean") return fail(path, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.");
      return value;
    },
    snowflake(value, path) {
      if (isAbsent(value, path, false)) return undefined;
      if (typeof value !== "string" || !isSnowflake(value)) {
        return fail(path, "NUMBER_TYPE_COERCE", `Value "${String(value)}" is not snowflake.`);
      }
      return value;
    },
    bits(value, path) {
      if (isAbsent(value, path, false)) return undefined;
      if ((typeof value === "string" || typeof value === "number") && /^\d{1,20}$/.test(String(value))) {
        return BigInt(value);
      }
      return fail(path, "NUMBER_TYPE_COERCE", `Value "${String(value)}" is not int.`);
    },
    list(value, path, lengths) {
      if (isAbsent(value, path, lengths.required)) return undefined;
      if (!Array.isArray(value)) return fail(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
      return fits(value.length, path, lengths) ? (value as readonly unknown[]) : undefined;
    },
    object(value, path) {
      if (isAbsent(value, path, false)) return undefined;
      if (typeof value !== "object" || Array.isArray(value)) {
        return fail(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
      }
      return value as Readonly<Record<string, unknown>>;
    },
    url(value, path, schemes) {
      if (isAbsent(value, path, false)) return undefined;
      if (typeof value !== "string" || !URL.canParse(value))
        return fail(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.");
      const scheme = new URL(value).protocol.slice(0, -1);
      if (!schemes.includes(scheme)) {
        return fail(
          path,
          "URL_TYPE_INVALID_SCHEME",
          `Scheme "${scheme}" is not supported. Scheme must be one of (${schemes.map((one) => `'${one}'`).join(", ")}).`,
        );
      }
      return value;
    },
    finish() {
      if (Object.keys(errors).length > 0) throw new ApiError(400, 50035, "Invalid Form Body", errors);
    },
  };
}
