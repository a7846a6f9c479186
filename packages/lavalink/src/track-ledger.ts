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

class NonceLedger implements TrackLedger {
  readonly #prefix: string;
  readonly #open = new Map<string, Playing>();
  #current: Playing | undefined;
  #count = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }
  get current(): Playing | undefined {
    return this.#current;
  }
  open(track: QueuedTrack): Playing {
    const playing: Playing = { nonce: `${this.#prefix}.${++this.#count}`, track, started: false, failed: false };
    this.#open.set(playing.nonce, playing);
    if (this.#open.size > OPEN_LIMIT) this.#open.delete(this.#open.keys().next().value ?? "");
    this.#current = playing;
    return playing;
  }
  adopt(playing: Playing): void {
    this.#open.set(playing.nonce, playing);
    this.#current = playing;
  }
  reopen(playing: Playing | undefined): void {
    if (this.#current !== undefined) this.#open.delete(this.#current.nonce);
    this.#current = playing !== undefined && this.#open.has(playing.nonce) ? playing : undefined;
  }
  find(track: WireTrack): Playing | undefined {
    const nonce = track.userData[NONCE_KEY];
    if (typeof nonce === "string") return this.#open.get(nonce);
    // A server that does not echo user data leaves only the track itself.
    return this.#current?.track.encoded === track.encoded ? this.#current : undefined;
  }
  end(playing: Playing): void {
    this.#open.delete(playing.nonce);
    if (this.#current === playing) this.#current = undefined;
  }
}

/** Builds a {@link TrackLedger}; `prefix` tells this player from all others before it. */
export function createTrackLedger(prefix: string): TrackLedger {
  return new NonceLedger(prefix);
}
