/**
 * Where a playback gets its audio: Opus frames of 20 ms, 48,000 Hz, 2 channels, in order.
 *
 * The frames are pulled, up to a second ahead of the moment at which they are heard, and one at a time: `next` is not called again
 * before its promise has settled.
 */
export interface FrameSource {
  /** How much audio one frame holds, in milliseconds. */
  readonly frameMs: 20;
  /** The next frame (1 to 1,275 bytes of Opus), or null at the end; a rejection ends the playback with an error. */
  next(): Promise<Uint8Array | null>;
  /** Goes on at another place, in milliseconds from the beginning; absent where that cannot be. Never called while `next` is under way. */
  seek?(positionMs: number): Promise<void>;
  /** Changes the volume from the next frame on, evenly over `fadeMs`; absent where that cannot be. */
  setVolume?(volumePercent: number, options?: { readonly fadeMs?: number | undefined }): void;
  /** Frees what the source holds; called once a playback is over, and safe to call twice. */
  close(): void | Promise<void>;
}
