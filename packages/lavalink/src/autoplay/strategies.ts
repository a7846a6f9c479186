import type { GuildId } from "@antiphon/protocol/discord";
import type { Track } from "../track.ts";
import { ranked, tracksOf, type AutoplayCandidate, type AutoplayContext, type AutoplayStrategy } from "./strategy.ts";
import { artistKey } from "./title-key.ts";

/** A song by name, as services without audio know it. */
export interface SongName {
  readonly artist: string;
  readonly title: string;
}

/** A recommendation from elsewhere. */
export interface RecommendedSong extends SongName {
  /** What a node can load directly; without it the song is searched for. */
  readonly identifier?: string | undefined;
  /** 0 to 1. */
  readonly relevance: number;
  readonly reason: string;
}

/** The port through which `@antiphon/recommender`, or anything else, says what fits. */
export interface SongRecommender {
  recommend(request: {
    readonly guildId: GuildId;
    readonly seed: SongName;
    readonly limit: number;
    readonly signal: AbortSignal | undefined;
  }): Promise<readonly RecommendedSong[]>;
}

/** Options of {@link createSimilarArtistStrategy}. */
export interface SimilarArtistOptions {
  /** Prefix of the source that is searched. Defaults to `ytmsearch`. */
  readonly searchPrefix?: string;
}

/** Other songs of the seed's artist, through a search. */
export function createSimilarArtistStrategy({
  searchPrefix = "ytmsearch",
}: SimilarArtistOptions = {}): AutoplayStrategy {
  return {
    async suggest({ seed, load }) {
      const tracks = tracksOf(await load(`${searchPrefix}:${seed.info.author}`));
      const own = artistKey(seed.info.author);
      const isOwn = ({ info }: Track) => artistKey(info.author) === own;
      return [
        ...ranked(tracks.filter(isOwn), `also by ${seed.info.author}`),
        ...ranked(
          tracks.filter((track) => !isOwn(track)),
          `found beside ${seed.info.author}`,
        ).map((candidate) => ({
          ...candidate,
          relevance: candidate.relevance / 2,
        })),
      ];
    },
  };
}

/**
 * The mix that the seed's own source makes of it: YouTube's, and through the LavaSrc plugin Spotify's (also from elsewhere by ISRC) and
 * Deezer's.
 *
 * @see topi314/LavaSrc, README, "Recommendations"
 */
export function createSourceMixStrategy(): AutoplayStrategy {
  return {
    async suggest({ seed, load }) {
      for (const identifier of mixesOf(seed)) {
        const tracks = tracksOf(await load(identifier));
        // A YouTube mix begins with the seed itself.
        const others = tracks.filter(({ info }) => info.identifier !== seed.info.identifier);
        if (others.length > 0) return ranked(others, `from the mix of ${seed.info.title}`);
      }
      return [];
    },
  };
}

function mixesOf({ info }: Track): readonly string[] {
  const id = encodeURIComponent(info.identifier);
  const byIsrc = info.isrc === null || info.isrc === undefined ? [] : [`sprec:mix:isrc:${info.isrc}`];
  switch (info.sourceName) {
    case "youtube":
      return [`https://www.youtube.com/watch?v=${id}&list=RD${id}`, ...byIsrc];
    case "spotify":
      return [`sprec:mix:track:${info.identifier}`, ...byIsrc];
    case "deezer":
      return [`dzrec:${info.identifier}`, ...byIsrc];
    default:
      return byIsrc;
  }
}

/** Options of {@link createRecommenderStrategy}. */
export interface RecommenderStrategyOptions {
  /** Prefix of the source in which songs are searched that come without an identifier. Defaults to `ytmsearch`. */
  readonly searchPrefix?: string;
  /** How many songs are asked for and looked up. Defaults to 10. */
  readonly limit?: number;
}

/** What a recommender says, looked up on a node. */
export function createRecommenderStrategy(
  recommender: SongRecommender,
  { searchPrefix = "ytmsearch", limit = 10 }: RecommenderStrategyOptions = {},
): AutoplayStrategy {
  const lookUp = async (song: RecommendedSong, { load }: AutoplayContext): Promise<AutoplayCandidate[]> => {
    const [track] = tracksOf(await load(song.identifier ?? `${searchPrefix}:${song.artist} ${song.title}`));
    return track === undefined ? [] : [{ track, relevance: song.relevance, reason: song.reason }];
  };
  return {
    async suggest(context) {
      const { guildId, signal, seed } = context;
      const request = { guildId, seed: { artist: seed.info.author, title: seed.info.title }, limit, signal };
      const songs = (await recommender.recommend(request)).slice(0, limit);
      return (await Promise.all(songs.map((song) => lookUp(song, context)))).flat();
    },
  };
}

/** The tracks of one playlist, for when nothing else is found. */
export function createPlaylistStrategy(identifier: string): AutoplayStrategy {
  return {
    async suggest({ load, random }) {
      const tracks = random.shuffle(tracksOf(await load(identifier)));
      return tracks.map((track) => ({ track, relevance: 0.5, reason: "from the fallback playlist" }));
    },
  };
}
