export { chatMessageKey, createChatReplayFilter, type ChatIdentity, type ChatReplayFilter } from "./chat-replay.ts";
export {
  cytubeFrameName,
  isCytubeFrame,
  readCytubeFrame,
  type CytubeFrame,
  type KnownCytubeFrame,
  type UnknownCytubeFrame,
} from "./frame.ts";
export { cytubeFrameSchemas, type CytubeFrameName, type CytubeFrames } from "./frame-schemas.ts";
export {
  cytubeMediaSchema,
  playlistItemSchema,
  playlistPlaceSchema,
  type CytubeMedia,
  type PlaylistItem,
  type PlaylistPlace,
} from "./media.ts";
export { cytubeRanks, defaultPermissions, type CytubePermission } from "./rank.ts";
export { cytubeUserSchema, userMetaSchema, userProfileSchema, type CytubeUser } from "./user.ts";
