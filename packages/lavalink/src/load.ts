import type { TrackException, WireLoadResult } from "@antiphon/protocol/lavalink";
import { LavalinkError } from "./error.ts";
import { fromWireTrack, type Track } from "./track.ts";

/** What an identifier led to. */
export type LoadResult =
  | { readonly type: "track"; readonly track: Track }
  | {
      readonly type: "playlist";
      readonly name: string;
      /** Index of the track that the address pointed at; null for none. */
      readonly selectedIndex: number | null;
      readonly tracks: readonly Track[];
      readonly pluginInfo: Readonly<Record<string, unknown>>;
    }
  | { readonly type: "search"; readonly tracks: readonly Track[] }
  | { readonly type: "empty" }
  | { readonly type: "error"; readonly exception: TrackException };

/** The load result of the wire in the words of this package. */
export function fromWireLoadResult(result: WireLoadResult): LoadResult {
  switch (result.loadType) {
    case "track":
      return { type: "track", track: fromWireTrack(result.data) };
    case "playlist": {
      const { info, tracks, pluginInfo } = result.data;
      const selectedIndex = info.selectedTrack < 0 ? null : info.selectedTrack;
      return { type: "playlist", name: info.name, selectedIndex, tracks: tracks.map(fromWireTrack), pluginInfo };
    }
    case "search":
      return { type: "search", tracks: result.data.map(fromWireTrack) };
    case "empty":
      return { type: "empty" };
    case "error":
      return { type: "error", exception: result.data };
  }
}

/**
 * The tracks of a result, whatever its kind; none for `empty`. Throws `LAVALINK_LOAD_FAILED` with the node's exception in its details
 * when the node could not load it.
 */
export function tracksOf(result: LoadResult): readonly Track[] {
  switch (result.type) {
    case "track":
      return [result.track];
    case "playlist":
    case "search":
      return result.tracks;
    case "empty":
      return [];
    case "error": {
      const { exception } = result;
      const message = `The node could not load the tracks: ${exception.message ?? exception.cause}`;
      throw new LavalinkError("LAVALINK_LOAD_FAILED", message, { details: { exception } });
    }
  }
}
