export type { UrlPolicy } from "./address-policy.ts";
export { startAudioNode, type AudioNode, type AudioNodeOptions } from "./audio-node.ts";
export { AudioNodeError, type AudioNodeErrorCode } from "./node-error.ts";
