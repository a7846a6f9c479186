import type { Generated } from "kysely";

/** The tables of a history, alike in SQLite and PostgreSQL; see `migrations.ts`. */
export interface HistorySchema {
  readonly track: {
    readonly id: Generated<number>;
    /** See `trackKey`; sorted by its bytes, so that an artist's tracks stand together. */
    readonly key: string;
    readonly title: string;
    readonly artist: string;
    readonly album: string | null;
    readonly duration_ms: number | null;
    readonly identifier: string;
  };
  readonly play: {
    readonly play_id: string;
    readonly community_id: string;
    readonly user_id: string | null;
    readonly track_id: number;
    readonly started_at_ms: number;
    readonly heard_ratio: number;
    /** The track before it in the same session. */
    readonly previous_id: number | null;
  };
  readonly listener: {
    readonly id: Generated<number>;
    readonly user_id: string;
    readonly display_name: string | null;
  };
  readonly scrobble: {
    readonly listener_id: number;
    readonly started_at_ms: number;
    readonly track_id: number;
  };
  readonly playlist: {
    readonly id: Generated<number>;
    readonly listener_id: number;
    readonly name: string;
    readonly description: string | null;
    readonly type: string;
  };
  readonly playlist_track: {
    readonly playlist_id: number;
    readonly place: number;
    readonly track_id: number;
  };
  readonly track_tag: {
    readonly track_id: number;
    readonly name: string;
    readonly weight: number;
  };
}
