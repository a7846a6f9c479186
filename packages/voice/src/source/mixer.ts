import type { FrameSource } from "../frame-source.ts";
import { toS16le } from "./frame-cutter.ts";
import { createVolumeFilter, type VolumeFilter } from "./frame-filter.ts";
import type { OpusDecoder, OpusEncoder, OpusEncoderOptions } from "./opus-codec.ts";
import { createOpusDecoder, createOpusEncoder } from "./create-opus-codec.ts";

/** What a track is to the others: `music` gives way while any `speech` is heard. */
export type MixerRole = "music" | "speech";

/** Options of {@link createMixer}; those of the encoder are for what leaves the mixer. */
export interface MixerOptions extends OpusEncoderOptions {
  /** How loud music is under speech, 0 to 100 percent of itself. Defaults to 20. */
  readonly duckPercent?: number | undefined;
  /** How long music takes to give way and to come back, in milliseconds. Defaults to 200. */
  readonly duckFadeMs?: number | undefined;
  /** Whether the mixer is silent, rather than over, when it has no track. Defaults to false. */
  readonly keepsOpen?: boolean | undefined;
}

/** A track of a mixer. */
export interface MixerTrack {
  /** Resolves when the track is over: its source ended, failed or could not be closed (then with the error), or it was removed. */
  readonly ended: Promise<unknown>;
  /** Changes its volume, 0 to 1,000 percent, evenly over `fadeMs`. */
  setVolume(volumePercent: number, options?: { readonly fadeMs?: number | undefined }): void;
  /** Ends it and closes its source; idempotent. */
  remove(): Promise<void>;
}

/** Several sources as one: each is decoded, their sum is encoded again. */
export interface Mixer extends FrameSource, AsyncDisposable {
  /** Adds a source, which the mixer closes; it is heard from the next frame that is asked for. */
  add(
    source: FrameSource,
    options?: { readonly role?: MixerRole | undefined; readonly volumePercent?: number | undefined },
  ): MixerTrack;
  /** How many tracks there are. */
  readonly trackCount: number;
  /** Ends all tracks and frees the encoder; idempotent, and never rejects. */
  close(): Promise<void>;
}

interface Track {
  readonly source: FrameSource;
  readonly role: MixerRole;
  readonly volume: VolumeFilter;
  readonly duck: VolumeFilter;
  readonly decoder: OpusDecoder;
  readonly over: boolean;
  end(error?: unknown): Promise<void>;
}

const FRAME_VALUES = 1_920;

/** One frame of a track in samples; null at its end. */
async function pull(track: Track): Promise<Float32Array | null> {
  const { source, decoder, volume, duck } = track;
  const packet = await source.next();
  // It may have been removed meanwhile, and its decoder with it.
  if (packet === null || track.over) return null;
  const pcm = decoder.decode(packet);
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const samples = new Float32Array(FRAME_VALUES);
  const count = Math.min(FRAME_VALUES, pcm.byteLength >> 1);
  for (let index = 0; index < count; index++) samples[index] = view.getInt16(2 * index, true) / 32_768;
  for (const filter of [volume, duck]) if (!filter.isNeutral) filter.process(samples);
  return samples;
}

/** Builds a mixer; throws a RangeError for options out of range. */
export function createMixer(options: MixerOptions = {}): Mixer {
  const { duckPercent = 20, duckFadeMs = 200, keepsOpen = false } = options;
  if (!(duckPercent >= 0 && duckPercent <= 100))
    throw new RangeError(`createMixer: duckPercent must be from 0 to 100, not ${duckPercent}`);
  const tracks = new Set<Track>();
  let encoder: OpusEncoder | undefined;
  let ducked = false;
  let closed = false;

  const duckMusic = () => {
    const speech = [...tracks].some(({ role }) => role === "speech");
    if (speech === ducked) return;
    ducked = speech;
    for (const { role, duck } of tracks) {
      if (role === "music") duck.setVolume(ducked ? duckPercent : 100, { fadeMs: duckFadeMs });
    }
  };
  const pullAll = (): Promise<(Float32Array | null)[]> =>
    Promise.all(
      [...tracks].map(async (track) => {
        try {
          const samples = await pull(track);
          if (samples === null) await track.end();
          return samples;
        } catch (error) {
          await track.end(error);
          return null;
        }
      }),
    );
  let closing: Promise<void> | undefined;
  const close = () =>
    (closing ??= (async () => {
      closed = true;
      await Promise.all([...tracks].map((track) => track.end()));
      encoder?.delete();
      encoder = undefined;
    })());

  return {
    frameMs: 20,
    add(source, { role = "music", volumePercent = 100 } = {}) {
      const { promise: ended, resolve } = Promise.withResolvers<unknown>();
      const volume = createVolumeFilter(volumePercent);
      const duck = createVolumeFilter(role === "music" && ducked ? duckPercent : 100);
      const decoder = createOpusDecoder();
      let ending: Promise<void> | undefined;
      const end = async (error: unknown) => {
        tracks.delete(track);
        decoder.delete();
        try {
          await source.close();
          resolve(error);
        } catch (closeError) {
          resolve(error ?? closeError);
        }
      };
      const track: Track = {
        source,
        role,
        volume,
        duck,
        decoder,
        get over() {
          return ending !== undefined;
        },
        end: (error) => (ending ??= end(error)),
      };
      if (closed) void track.end();
      else tracks.add(track);
      return { ended, setVolume: volume.setVolume, remove: () => track.end() };
    },
    get trackCount() {
      return tracks.size;
    },
    async next() {
      const mix = new Float32Array(FRAME_VALUES);
      for (;;) {
        if (closed) return null;
        duckMusic();
        if (tracks.size === 0 && !keepsOpen) return null;
        const parts = (await pullAll()).filter((samples) => samples !== null);
        // A source that ended gave nothing: the others, if there are any, make the frame.
        if (parts.length === 0 && !keepsOpen) continue;
        for (const samples of parts) {
          for (let index = 0; index < FRAME_VALUES; index++) mix[index] = (mix[index] ?? 0) + (samples[index] ?? 0);
        }
        if (closed) return null;
        encoder ??= createOpusEncoder(options);
        return encoder.encode(toS16le(mix));
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
