/** What stands in place of a secret. */
export const REDACTED = "[redacted]";

/** Whole field names that hold secrets, in lower case without separators; names that only contain one of these are left alone. */
const SECRET_NAMES = new Set([
  "accesstoken",
  "apikey",
  "apitoken",
  "authorization",
  "bottoken",
  "clientsecret",
  "cookie",
  "encryptionkey",
  "passphrase",
  "passwd",
  "password",
  "privatekey",
  "refreshtoken",
  "secret",
  "secretkey",
  "sessiontoken",
  "setcookie",
  "token",
]);

// Field names repeat from line to line; the bound keeps names that are made from data from filling the memory.
const KNOWN_NAMES_LIMIT = 4_096;
const knownNames = new Map<string, boolean>();

/** Tells whether a field of this name holds a secret: `token`, `apiKey`, `API_KEY`, `Set-Cookie`. */
export function isSecretName(name: string): boolean {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const secret = SECRET_NAMES.has(name.replaceAll(/[-_. ]/g, "").toLowerCase());
  if (knownNames.size < KNOWN_NAMES_LIMIT) knownNames.set(name, secret);
  return secret;
}

/** How a secret looks in running text; each keeps what stands before the secret. */
const SECRETS_IN_TEXT: readonly RegExp[] = [
  /(\b(?:Bearer|Bot|Basic)\s+)[\w.~+/-]{8,}=*/g,
  /(\b(?:token|password|passwd|secret|api[-_]?key|authorization)["']?\s*[:=]\s*["']?(?:(?:Bearer|Bot|Basic)\s+)?)[^\s"'&,;}]+/gi,
  /(\b[a-z][a-z\d+.-]{1,20}:\/\/[^\s/:@]{0,200}:)[^\s/@]+(?=@)/gi,
  // A bot's token: the user's id in base64, a timestamp, and a signature.
  /(^|[^\w-])[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}/g,
];

/** The text without what looks like a bearer token, a password in a URL, `token=…` or a Discord token. */
export function redactText(text: string): string {
  return SECRETS_IN_TEXT.reduce((left, pattern) => left.replaceAll(pattern, `$1${REDACTED}`), text);
}

/** How deep fields are searched for secrets; below that a value is shown by its kind only. */
const DEPTH_LIMIT = 6;

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_LIMIT) return Array.isArray(value) ? "[array]" : "[object]";
  if (Array.isArray(value)) return redactArray(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  // Only plain objects are rebuilt: dates, errors, buffers and whatever has a toJSON of its own know how to show themselves.
  return prototype === Object.prototype || prototype === null ? redactObject(value, depth) : value;
}

function redactArray(items: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (const [index, item] of items.entries()) {
    const clean = redactValue(item, depth + 1);
    if (clean === item) continue;
    copy ??= [...items];
    copy[index] = clean;
  }
  return copy ?? items;
}

function redactObject(fields: object, depth: number): object {
  let copy: Record<string, unknown> | undefined;
  const source = fields as Readonly<Record<string, unknown>>;
  for (const name in source) {
    const value = source[name];
    const secret = value !== undefined && value !== null && isSecretName(name);
    if (!secret && (typeof value !== "object" || value === null)) continue;
    const clean = secret ? REDACTED : redactValue(value, depth + 1);
    if (clean === value) continue;
    copy ??= { ...source };
    copy[name] = clean;
  }
  return copy ?? fields;
}

/** The fields with every secret replaced, also in nested plain objects and arrays; the same object when there is none. */
export function redactFields<Fields extends object>(fields: Fields): Fields {
  return redactObject(fields, 0) as Fields;
}
