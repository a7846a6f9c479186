export { errorBodySchema, trackExceptionSchema, type ErrorBody, type TrackException } from "./exception.ts";
export {
  EQUALIZER_BAND_COUNT,
  EQUALIZER_GAIN_RANGE,
  FILTER_KINDS,
  MAXIMUM_FILTER_VOLUME,
  findFilterProblem,
  type EqualizerBand,
  type Filters,
} from "./filters.ts";
export { nodeInfoSchema, type NodeInfo } from "./info.ts";
export { loadResultSchema, type WireLoadResult } from "./load-result.ts";
export {
  decodeMessage,
  statsSchema,
  trackEndReasons,
  type DecodedMessage,
  type EventMessage,
  type NodeMessage,
  type NodeStats,
  type PlayerUpdateMessage,
  type ReadyMessage,
  type StatsMessage,
  type TrackEndReason,
} from "./message.ts";
export {
  initialNodeState,
  stepNode,
  type NodeEffect,
  type NodeInput,
  type NodeState,
  type NodeStep,
} from "./node-machine.ts";
export {
  playerPatchSchema,
  playerStateSchema,
  sessionPatchSchema,
  voiceStateSchema,
  wirePlayerReader,
  wirePlayerSchema,
  type PlayerPatch,
  type PlayerState,
  type WirePlayer,
} from "./player.ts";
export { TrackCodecError, type TrackCodecErrorCode } from "./track-codec-error.ts";
export {
  STREAM_LENGTH_MS,
  decodeProbeDetails,
  decodeTrack,
  encodeProbeDetails,
  encodeTrack,
  type DecodedTrack,
} from "./track-codec.ts";
export { trackInfoOf, trackInfoSchema, trackSchema, type TrackInfo, type WireTrack } from "./track.ts";
export { nodeVoiceCloseAction, type NodeVoiceCloseAction } from "./voice-close-action.ts";
