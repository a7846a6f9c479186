export {
  decodeClientFrame,
  decodeMlsTransition,
  decodeServerFrame,
  encodeClientFrame,
  encodeMlsTransition,
  encodeServerFrame,
  type MlsTransition,
  type VoiceClientFrame,
  type VoiceServerFrame,
} from "./binary-frame.ts";
export { voiceCloseAction, voiceCloseCodes, type VoiceCloseAction, type VoiceCloseCode } from "./close-code.ts";
export {
  decodeVoiceServerText,
  type VoiceClientMessage,
  type VoiceServerMessage,
  type VoiceServerMessageOf,
  type VoiceServerText,
} from "./envelope.ts";
export {
  decodeDiscoveryRequest,
  decodeDiscoveryResponse,
  encodeDiscoveryRequest,
  encodeDiscoveryResponse,
  IP_DISCOVERY_BYTES,
  type DiscoveredAddress,
} from "./ip-discovery.ts";
export { SpeakingFlag, VOICE_GATEWAY_VERSION, VoiceOpcode } from "./opcode.ts";
export {
  readRtpHeader,
  RTP_HEADER_BYTES,
  RTP_PAYLOAD_TYPE_OPUS,
  RTP_SAMPLES_PER_FRAME,
  unwrapRtpPayload,
  writeRtpHeader,
  type ReceivedRtpHeader,
  type RtpHeader,
} from "./rtp-header.ts";
export {
  chooseEncryptionMode,
  encryptionModes,
  rtpsizeLayout,
  TRANSPORT_KEY_BYTES,
  TRANSPORT_NONCE_SUFFIX_BYTES,
  TRANSPORT_TAG_BYTES,
  type EncryptionMode,
  type RtpsizeLayout,
} from "./rtpsize.ts";
export { FRAME_SAMPLES, PCM_CHANNELS, PCM_FRAME_BYTES } from "./pcm-frame.ts";
export { OPUS_SILENCE_FRAME, isOpusSilence } from "./silence-frame.ts";
export { createVoiceState, initialVoiceState, MAX_DAVE_PROTOCOL_VERSION, stepVoice } from "./voice-machine.ts";
export type {
  AwaitCause,
  VoiceEffect,
  VoiceEnd,
  VoiceEndKind,
  VoiceInput,
  VoiceMachineSession,
  VoiceMachineState,
  VoiceMediaMessage,
  VoiceSessionCredentials,
  VoiceStep,
  VoiceTimer,
} from "./voice-step.ts";
