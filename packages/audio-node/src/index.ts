export type { UrlPolicy } from "./address-policy.ts";
export type { AudioNode, AudioNodeOptions } from "./audio-node.ts";
export { startAudioNode } from "./start-audio-node.ts";
export { AudioNodeError, type AudioNodeErrorCode } from "./node-error.ts";
