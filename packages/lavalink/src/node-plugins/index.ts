export { lavaDspx, type LavaDspxEffects } from "./lava-dspx.ts";
export {
  currentLyrics,
  lyricsOf,
  subscribeLyrics,
  toLyricsEvent,
  unsubscribeLyrics,
  type Lyrics,
  type LyricsEvent,
  type LyricsLine,
  type LyricsOptions,
} from "./lava-lyrics.ts";
export {
  lavaSearch,
  type LavaSearchList,
  type LavaSearchOptions,
  type LavaSearchResult,
  type LavaSearchType,
} from "./lava-search.ts";
export { configureLavaSrc, lavaSrcInfoOf, lavaSrcSearchPrefixes, type LavaSrcInfo } from "./lava-src.ts";
export {
  freeAddress,
  freeAllAddresses,
  routePlannerStatus,
  type FailingAddress,
  type RoutePlannerStatus,
} from "./route-planner.ts";
export {
  setSponsorBlockCategories,
  sponsorBlockCategories,
  toSponsorBlockEvent,
  type SponsorBlockCategory,
  type SponsorBlockEvent,
  type SponsorSegment,
  type VideoChapter,
} from "./sponsor-block.ts";
