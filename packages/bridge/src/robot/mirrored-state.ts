import { encodeJsonBytes } from "@antiphon/protocol/kryten";
import { redactPayload } from "./redaction.ts";
import type { ChannelState } from "./channel-state.ts";
import type { MirrorPlace, StateMirror } from "./state-mirror.ts";

const encoder = new TextEncoder();

interface MirroredPart {
  readonly part: keyof ChannelState;
  readonly place: MirrorPlace;
  readonly encode: (state: ChannelState, redact: boolean) => Uint8Array;
}

/** kryten's buckets and keys; `options` and `permissions` are ours, kryten-robot forgets them. */
const parts: readonly MirroredPart[] = [
  { part: "emotes", place: { bucket: "emotes", key: "list" }, encode: ({ emotes }) => encodeJsonBytes(emotes) },
  { part: "items", place: { bucket: "playlist", key: "items" }, encode: ({ items }) => encodeJsonBytes(items) },
  {
    part: "current",
    place: { bucket: "playlist", key: "current" },
    encode: ({ current }) => encodeJsonBytes(current ?? null),
  },
  {
    part: "users",
    place: { bucket: "userlist", key: "users" },
    encode: (state, redact) => encodeJsonBytes(publicState(state, redact).users),
  },
  // Bare texts, as kryten keeps them.
  { part: "motd", place: { bucket: "state", key: "motd" }, encode: ({ motd }) => encoder.encode(motd) },
  { part: "css", place: { bucket: "state", key: "css" }, encode: ({ css }) => encoder.encode(css) },
  { part: "js", place: { bucket: "state", key: "js" }, encode: ({ js }) => encoder.encode(js) },
  {
    part: "options",
    place: { bucket: "state", key: "options" },
    encode: (state, redact) => encodeJsonBytes(publicState(state, redact).options),
  },
  {
    part: "permissions",
    place: { bucket: "state", key: "permissions" },
    encode: ({ permissions }) => encodeJsonBytes(permissions),
  },
];

/** The parts of a state that hold private facts, as others may see them. */
export function publicState({ users, options }: ChannelState, redact: boolean) {
  if (!redact) return { users, options };
  return {
    users: redactPayload({ name: "userlist", payload: users }) as ChannelState["users"],
    options: redactPayload({ name: "channelOpts", payload: options }) as ChannelState["options"],
  };
}

/** Hands the mirror what a step has changed. */
export function mirrorChanges(mirror: StateMirror, before: ChannelState, after: ChannelState, redact: boolean): void {
  if (before === after) return;
  for (const { part, place, encode } of parts)
    if (before[part] !== after[part]) mirror.set(place, encode(after, redact));
}
