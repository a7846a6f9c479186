export type {
  CommandReport,
  Decision,
  FrameReport,
  NextReason,
  PlayCommandOptions,
  PlayerCommand,
  RequestReport,
} from "../diagnostics.ts";
export {
  startIntrospector,
  type DecisionPatterns,
  type Introspector,
  type IntrospectorOptions,
  type RecordedDecision,
} from "./introspector.ts";
export type { PlaybackDifference, PlaybackOutcome } from "./playback-outcome.ts";
export {
  createPlaybackRecorder,
  type PlaybackRecorder,
  type PlaybackRecorderOptions,
  type RecordedSession,
  type ReplayOptions,
  type ReplayReport,
} from "./playback-recorder.ts";
export {
  startTimeline,
  type Timeline,
  type TimelineEntry,
  type TimelineOptions,
  type TimelineQuery,
  type TimelineReport,
} from "./timeline.ts";
export { createWiretap, type Wiretap, type WiretapOptions, type WiretapPacket } from "./wiretap.ts";
