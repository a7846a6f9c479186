/** Samples per channel in a frame of 20 ms at 48,000 Hz. */
export const FRAME_SAMPLES = 960;

/** Channels of the audio that Discord carries. */
export const PCM_CHANNELS = 2;

/** The size of one 20 ms frame as interleaved s16le, in bytes: 960 samples of 2 channels, 2 bytes each. */
export const PCM_FRAME_BYTES = FRAME_SAMPLES * PCM_CHANNELS * 2;
