const REDACTED = "[redacted]";
/** Whoever has one of these can speak for the bot, or to its node or its sources. */
const SECRET_KEYS = /^(token|session_?id|authorization|password|.*token|visitordata|api_?key|secret)$/i;

/** A copy of JSON-like data without what must not be shown. */
export function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    const isSecret = SECRET_KEYS.test(key) && inner !== null && typeof inner !== "object" && inner !== "";
    return [key, isSecret ? REDACTED : redact(inner)] as const;
  });
  return Object.fromEntries(entries);
}

/** A path without its session and without what its query may hold. */
export function redactPath(path: string): string {
  return path
    .replace(/\/sessions\/[^/?]+/, `/sessions/${REDACTED}`)
    .replace(/([?&][^=&]*(?:token|key)=)[^&]*/gi, `$1${REDACTED}`);
}

/** A text as JSON without secrets, or, where it is none, its beginning. */
export function redactText(text: string, limitCharacters: number): unknown {
  if (text === "") return null;
  try {
    if (text.length <= limitCharacters) return redact(JSON.parse(text));
  } catch {
    // Whatever it is, it is shown as it came.
  }
  return `${text.slice(0, Math.min(limitCharacters, 200))}… (${text.length} characters)`;
}
