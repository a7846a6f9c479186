export {
  createMusicBotSdk,
  type ExecuteCommandOptions,
  type MusicBotSdk,
  type MusicBotSdkOptions,
} from "./music-bot-sdk.ts";
export type { MusicCommand, MusicCommandContext } from "./music-commands.ts";
export {
  createVoiceSdk,
  type VoiceConnection,
  type VoiceSdk,
  type VoiceSdkMode,
  type VoiceSdkOptions,
  type VoiceStats,
} from "./voice-sdk.ts";
