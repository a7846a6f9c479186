import type { Random } from "@antiphon/std";

interface TextSchema {
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

const WORDS =
  "amber basalt cedar delta ember fjord grove harbor indigo juniper kelp lumen marble north opal pine quartz".split(
    " ",
  );
/** 2015-01-01, from which Discord counts. @see Discord's documentation: "Snowflakes" */
const DISCORD_EPOCH_MS = 1_420_070_400_000;
/** Fixed, so that the same seed gives the same data on any day. */
const LATEST_MS = Date.UTC(2026, 0, 1);

const hex = (random: Random, length: number) =>
  Array.from({ length }, () => random.integer(0, 15).toString(16)).join("");

function moment(random: Random): Date {
  return new Date(random.integer(DISCORD_EPOCH_MS, LATEST_MS));
}

function snowflake(random: Random): string {
  const elapsedMs = BigInt(random.integer(1, LATEST_MS - DISCORD_EPOCH_MS));
  return String((elapsedMs << 22n) | BigInt(random.integer(0, 2 ** 22 - 1)));
}

const formats: Readonly<Record<string, (random: Random) => string>> = {
  snowflake,
  email: (random) => `${random.pick(WORDS)}.${random.integer(1, 999)}@example.com`,
  uri: (random) => `https://example.com/${random.pick(WORDS)}/${random.integer(1, 999)}`,
  uuid: (random) => `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`,
  "date-time": (random) => moment(random).toISOString(),
  date: (random) => moment(random).toISOString().slice(0, 10),
  time: (random) => moment(random).toISOString().slice(11, 19),
  // Addresses set aside for documentation (RFC 5737, RFC 3849).
  ipv4: (random) => `192.0.2.${random.integer(1, 254)}`,
  ipv6: (random) => `2001:db8::${hex(random, 4)}`,
  hostname: (random) => `${random.pick(WORDS)}.example.com`,
};

/** Text of a known format, or words of the right length. */
export function sampleText(
  { format, minLength = 0, maxLength = Math.max(minLength, 24) }: TextSchema,
  random: Random,
): string {
  const known = format === undefined ? undefined : formats[format];
  if (known !== undefined) return known(random);
  const wanted = random.integer(
    Math.max(minLength, Math.min(3, maxLength)),
    Math.max(minLength, Math.min(maxLength, minLength + 24)),
  );
  let text = random.pick(WORDS);
  while (text.length < wanted) text += ` ${random.pick(WORDS)}`;
  const cut = text.slice(0, wanted);
  // A space at the end would be lost to a schema that trims.
  return cut.endsWith(" ") ? `${cut.slice(0, -1)}s` : cut;
}
