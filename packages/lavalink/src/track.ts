import type { TrackInfo, WireTrack } from "@antiphon/protocol/lavalink";

/** A track that a node can play. */
export interface Track {
  /** lavaplayer's base64 form; what a node plays. */
  readonly encoded: string;
  readonly info: TrackInfo;
  /** What the node's plugins add. */
  readonly pluginInfo: Readonly<Record<string, unknown>>;
  /** Sent to the node and back in every event of this track. */
  readonly userData: Readonly<Record<string, unknown>>;
}

/** A track that somebody asked for. */
export interface QueuedTrack extends Track {
  /** Who asked for it; null where nobody did. */
  readonly requesterId: string | null;
}

/** A track as the wire has it, without what only the wire needs. */
export function fromWireTrack({ encoded, info, pluginInfo, userData }: WireTrack): Track {
  return { encoded, info, pluginInfo, userData };
}
