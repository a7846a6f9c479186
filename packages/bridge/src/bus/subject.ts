import { BridgeError } from "../error.ts";

/** NATS allows longer ones, but tools and streams do not all cope. */
const MAXIMUM_SUBJECT_LENGTH = 255;
const PLAIN_TOKEN = /^[\w-]{1,100}$/;
const TOKEN = /^[^\s.*>\p{C}]+$/u;

// Most messages go to a few subjects, and the check costs as much as sending.
const checked = new Set<string>();
const CHECKED_LIMIT = 2_000;

/** Turns any text into one token of a subject: what a subject cannot hold becomes `_`, and an empty text `_` too. */
export function subjectToken(text: string): string {
  if (PLAIN_TOKEN.test(text)) return text;
  const token = text.replace(/[\s.*>\p{C}]/gu, "_").slice(0, 100);
  return token === "" ? "_" : token;
}

/**
 * Checks a subject to publish on: tokens parted by dots, no wildcards.
 *
 * @throws BridgeError BRIDGE_INVALID_SUBJECT
 */
export function checkSubject(subject: string): void {
  if (checked.has(subject)) return;
  const fits = subject.length <= MAXIMUM_SUBJECT_LENGTH && subject.split(".").every((token) => TOKEN.test(token));
  if (!fits) throw invalid("subject", subject);
  if (checked.size >= CHECKED_LIMIT) checked.clear();
  checked.add(subject);
}

/**
 * Checks a pattern to subscribe to: as a subject, but a token may be `*` (any one) and the last `>` (one or more).
 *
 * @throws BridgeError BRIDGE_INVALID_SUBJECT
 */
export function checkPattern(pattern: string): void {
  const tokens = pattern.split(".");
  const fits = tokens.every(
    (token, index) => TOKEN.test(token) || token === "*" || (token === ">" && index === tokens.length - 1),
  );
  if (!fits || pattern.length > MAXIMUM_SUBJECT_LENGTH) throw invalid("pattern", pattern);
}

/** Whether a checked pattern covers a checked subject. */
export function matchesSubject(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const given = subject.split(".");
  for (const [index, token] of wanted.entries()) {
    if (token === ">") return given.length > index;
    if (given[index] === undefined || (token !== "*" && token !== given[index])) return false;
  }
  return wanted.length === given.length;
}

function invalid(kind: string, text: string): BridgeError {
  return new BridgeError(
    "BRIDGE_INVALID_SUBJECT",
    `${JSON.stringify(text.slice(0, 300))} is no ${kind}: use tokens without spaces or control characters, parted by dots, up to ${MAXIMUM_SUBJECT_LENGTH} characters.`,
  );
}
