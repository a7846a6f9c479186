export { connectVoice, type ConnectVoiceOptions, type VoiceTlsOptions } from "./connect-voice.ts";
export { VoiceError, type VoiceErrorCode } from "./error.ts";
export type { ReceivedOpusFrame, ReceiveOptions } from "./frame-receiver.ts";
export type { FrameSource } from "./frame-source.ts";
export type { Playback, PlaybackEndReason, PlaybackEvent } from "./playback.ts";
export type {
  PlayOptions,
  SpeakingFlags,
  VoiceCloseReason,
  VoiceConnection,
  VoiceConnectionState,
  VoiceCredentials,
  VoiceEvent,
  VoiceNotice,
} from "./voice-connection.ts";
export { createVoiceManager, type JoinOptions, type VoiceManager, type VoiceManagerOptions } from "./voice-manager.ts";
export type { JitterPercentiles } from "./jitter.ts";
export { renderVoiceMetrics, type VoiceMetricsEntry } from "./voice-metrics.ts";
export type { VoiceEncryption, VoiceStats } from "./voice-stats.ts";
export { createVoiceWorkers, type VoiceWorkers, type VoiceWorkersOptions, type WorkerLine } from "./voice-workers.ts";
