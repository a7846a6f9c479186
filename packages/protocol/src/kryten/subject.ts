import { KrytenError } from "./error.ts";

const MAXIMUM_TOKEN_LENGTH = 100;
const MAXIMUM_SUBJECT_LENGTH = 255;
/** What a kryten subject leaves out; control characters besides, which kryten keeps and which would break the protocol's line. */
const REMOVED = /[.!@#$%^&*()+=[\]{}|\\:;"'<>,?/\p{Cc}\p{Zl}\p{Zp}]/gu;

/**
 * One token of a kryten subject: lower-case, without dots and punctuation, spaces as dashes, 100 characters at most.
 *
 * @throws KrytenError KRYTEN_SUBJECT_INVALID when nothing is left
 * @see kryten-py, subject_builder.py, normalize_token
 */
export function normalizeSubjectToken(text: string): string {
  const kept = text.toLowerCase().replace(REMOVED, "").replace(/\s/gu, "-");
  const token = Array.from(kept).slice(0, MAXIMUM_TOKEN_LENGTH).join("");
  if (token !== "") return token;
  throw new KrytenError(
    "KRYTEN_SUBJECT_INVALID",
    `${JSON.stringify(text.slice(0, 100))} leaves nothing for a subject: use letters or digits.`,
  );
}

function subject(...tokens: readonly string[]): string {
  const text = tokens.join(".");
  if (text.length <= MAXIMUM_SUBJECT_LENGTH) return text;
  throw new KrytenError(
    "KRYTEN_SUBJECT_INVALID",
    `The subject ${text.slice(0, 60)}… has ${text.length} characters; ${MAXIMUM_SUBJECT_LENGTH} is the most.`,
  );
}

/** A channel's event: `kryten.events.cytube.lounge.chatmsg`. Not the domain: two servers' channels of one name share it. */
export function eventSubject(channel: string, eventName: string): string {
  return subject("kryten.events.cytube", normalizeSubjectToken(channel), normalizeSubjectToken(eventName));
}

/** A pattern for events: of one channel or all, of one name or all. */
export function eventSubjectPattern(options: { readonly channel?: string; readonly eventName?: string } = {}): string {
  const token = (text: string | undefined) => (text === undefined ? "*" : normalizeSubjectToken(text));
  return subject("kryten.events.cytube", token(options.channel), token(options.eventName));
}

/** A command to a channel in the dialect before kryten-py 0.10.4: `kryten.commands.cytube.lounge.chat`. */
export function commandSubject(channel: string, action: string): string {
  return subject("kryten.commands.cytube", normalizeSubjectToken(channel), normalizeSubjectToken(action));
}

/** A pattern for all commands to a channel in the old dialect. */
export function commandSubjectPattern(channel: string): string {
  return subject("kryten.commands.cytube", normalizeSubjectToken(channel), ">");
}

/** Commands and requests to a service in the dialect since kryten-py 0.10.4: `kryten.robot.command`. */
export function serviceCommandSubject(service: string): string {
  return subject("kryten", normalizeSubjectToken(service), "command");
}

/** Where a service says what becomes of it: `kryten.lifecycle.robot.startup`; `*` for any service. */
export function lifecycleSubject(service: string, event: string): string {
  return subject("kryten.lifecycle", service === "*" ? "*" : normalizeSubjectToken(service), event);
}

/** Asks every service to announce itself again. */
export const discoveryPollSubject = "kryten.service.discovery.poll";

/** Asks every service to restart. */
export const groupRestartSubject = "kryten.lifecycle.group.restart";

/**
 * The subjects on which the rank of the robot is asked for, the better one first. kryten-robot listens on the first;
 * kryten-py asks on the second, where no kryten-robot hears it. Domain and channel stand there as they are, dots and all.
 *
 * @throws KrytenError KRYTEN_SUBJECT_INVALID when they hold what no subject can
 */
export function userLevelSubjects(domain: string, channel: string): readonly [string, string] {
  for (const text of [domain, channel]) {
    if (!/^[^\s.*>\p{C}]+(?:\.[^\s.*>\p{C}]+)*$/u.test(text)) {
      throw new KrytenError(
        "KRYTEN_SUBJECT_INVALID",
        `${JSON.stringify(text.slice(0, 100))} cannot stand in a subject.`,
      );
    }
  }
  return [
    subject("kryten.user_level", domain, channel),
    subject("cytube.user_level", domain.toLowerCase(), channel.toLowerCase()),
  ];
}
