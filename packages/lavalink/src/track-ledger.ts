import type { WireTrack } from "@antiphon/protocol/lavalink";
import type { QueuedTrack } from "./track.ts";

/** One playing of a track, from the command that starts it to its end. */
export interface Playing {
  /** Sent as user data and echoed in every event, so that each event finds its playing. */
  readonly nonce: string;
  readonly track: QueuedTrack;
  /** Whether the node has told that it started. */
  started: boolean;
  /** Whether it failed or got stuck. */
  failed: boolean;
}

/** Which playing an event is about. Events of playings that are over, or of another process, find none. */
export interface TrackLedger {
  /** Opens a playing; it is what plays now. */
  open(track: QueuedTrack): Playing;
  /** Takes over a playing that an earlier run of the process opened. */
  adopt(playing: Playing): void;
  /** Takes back the latest `open`: what played before is current again. */
  reopen(playing: Playing | undefined): void;
  /** What plays now, by our own account. */
  readonly current: Playing | undefined;
  /** The playing that an event's track belongs to. */
  find(track: WireTrack): Playing | undefined;
  /** A playing is over. */
  end(playing: Playing): void;
}

/** The key in a track's user data under which the nonce travels. */
export const NONCE_KEY = "antiphon";
/** A playing that was superseded before it began never ends; as many are kept at most. */
const OPEN_LIMIT = 16;

/** Builds a {@link TrackLedger}; `prefix` tells this player from all others before it. */
export function createTrackLedger(prefix: string): TrackLedger {
  const open = new Map<string, Playing>();
  let current: Playing | undefined;
  let count = 0;
  return {
    open(track) {
      const playing: Playing = { nonce: `${prefix}.${++count}`, track, started: false, failed: false };
      open.set(playing.nonce, playing);
      if (open.size > OPEN_LIMIT) open.delete(open.keys().next().value ?? "");
      current = playing;
      return playing;
    },
    adopt(playing) {
      open.set(playing.nonce, playing);
      current = playing;
    },
    reopen(playing) {
      if (current !== undefined) open.delete(current.nonce);
      current = playing !== undefined && open.has(playing.nonce) ? playing : undefined;
    },
    get current() {
      return current;
    },
    find(track) {
      const nonce = track.userData[NONCE_KEY];
      if (typeof nonce === "string") return open.get(nonce);
      // A server that does not echo user data leaves only the track itself.
      return current?.track.encoded === track.encoded ? current : undefined;
    },
    end(playing) {
      open.delete(playing.nonce);
      if (current === playing) current = undefined;
    },
  };
}
