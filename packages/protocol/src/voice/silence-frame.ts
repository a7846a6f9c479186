/** An Opus frame of 20 ms of silence; five of them end a stream. Never end-to-end encrypted, in either direction. */
export const OPUS_SILENCE_FRAME: Readonly<Uint8Array> = Uint8Array.of(0xf8, 0xff, 0xfe);

/** Whether a frame is exactly {@link OPUS_SILENCE_FRAME}. */
export function isOpusSilence(frame: Uint8Array): boolean {
  return frame.length === 3 && frame[0] === 0xf8 && frame[1] === 0xff && frame[2] === 0xfe;
}
