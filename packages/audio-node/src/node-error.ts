import { AntiphonError } from "@antiphon/std";

/** Why a node could not start. */
export type AudioNodeErrorCode = "AUDIO_NODE_INVALID_OPTIONS" | "AUDIO_NODE_PORT_IN_USE" | "AUDIO_NODE_LISTEN_FAILED";

/** What `startAudioNode` throws; faults of a request are answered over HTTP instead. */
export class AudioNodeError extends AntiphonError<AudioNodeErrorCode> {}

/** A request that is answered with an error body. */
export class RequestError extends Error {
  /** The HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "RequestError";
    this.status = status;
  }
}
