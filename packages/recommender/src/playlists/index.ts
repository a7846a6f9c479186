export { namedMoods, type MoodPoint, type MoodScorer, type PlaylistSources } from "./candidate-pool.ts";
export {
  importPlaylist,
  readPlaylist,
  type ImportPlaylistOptions,
  type PlaylistFormat,
  type PlaylistImport,
} from "./import-playlist.ts";
export { createJspfPlaylist } from "./jspf.ts";
export { createM3uPlaylist } from "./m3u.ts";
export { parsePrompt, type PromptEntity, type PromptOption, type PromptTerm } from "./parse-prompt.ts";
export type { PlaylistDocument, PlaylistDocumentTrack } from "./playlist-document.ts";
export {
  createPlaylistGenerator,
  PlaylistType,
  type GeneratedPlaylist,
  type GeneratePlaylistOptions,
  type PlaylistEntry,
  type PlaylistGenerator,
  type PlaylistGeneratorOptions,
} from "./playlist-generator.ts";
export { createXspfPlaylist } from "./xspf.ts";
