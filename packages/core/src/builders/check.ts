import { CoreError } from "../core-error.ts";

function fail(path: string, problem: string, details: Readonly<Record<string, unknown>>): never {
  throw new CoreError("CORE_BUILDER_INVALID", `${path} ${problem}`, { details: { path, ...details } });
}

/** Checks a count of entries against inclusive limits; the error names the path. */
export function checkLimit(path: string, value: number, minimum: number, maximum: number): void {
  if (value >= minimum && value <= maximum) return;
  fail(path, `has ${value} entries; ${minimum} to ${maximum} are allowed`, { value, minimum, maximum });
}

/** Checks a whole number against inclusive limits; the error names the path. */
export function checkRange(path: string, value: number, minimum: number, maximum: number): void {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return;
  fail(path, `is ${value}; whole numbers from ${minimum} to ${maximum} are allowed`, { value, minimum, maximum });
}

/** Checks a colour; the error names the path. */
export function checkColor(path: string, value: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffffff) return;
  fail(path, `is ${value}; 0x000000 to 0xffffff are allowed`, { value, minimum: 0, maximum: 0xffffff });
}

/** Checks the length of a text, in UTF-16 units as Discord counts; the error names the path. */
export function checkLength(path: string, text: string, minimum: number, maximum: number): void {
  if (text.length >= minimum && text.length <= maximum) return;
  fail(path, `is ${text.length} characters long; ${minimum} to ${maximum} are allowed`, {
    value: text.length,
    minimum,
    maximum,
  });
}

/** Checks that a text is a URL with one of the schemes; the error names the path. */
export function checkUrl(path: string, text: string, schemes: readonly string[]): void {
  const scheme = URL.parse(text)?.protocol.slice(0, -1);
  if (scheme !== undefined && schemes.includes(scheme)) return;
  fail(path, `is "${text}", which is no URL with one of the schemes ${schemes.join(", ")}`, { value: text });
}

/** Checks that a condition holds; the error names the path and says what is wrong. */
export function check(path: string, holds: boolean, problem: string): void {
  if (!holds) fail(path, problem, {});
}
