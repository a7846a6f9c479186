import { mkdir, open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { systemClock, type Clock } from "@antiphon/std";
import type { UserId } from "@antiphon/protocol/discord";
import type { ReceivedOpusFrame } from "../frame-receiver.ts";
import type { VoiceConnection } from "../voice-connection.ts";
import { createOggOpusWriter, type OggOpusWriter } from "./ogg-opus-writer.ts";
import { decodeReceived } from "./pcm-frames.ts";
import { createWavMixer } from "./wav-mixer.ts";

/** Options of {@link recordCall}. */
export interface RecordCallOptions {
  /** Where the files go; made when it is not there. `USER.opus` for each speaker and `mix.wav`; files of these names are replaced. */
  readonly directory: string;
  /** Ends the recording. */
  readonly signal?: AbortSignal | undefined;
  /** Tells when a speaker begins. Defaults to the system's. */
  readonly clock?: Clock | undefined;
}

/** What a recording has become. */
export interface CallRecording {
  /** The Ogg/Opus file of each speaker, as sent, with silence where there was none. */
  readonly speakerFiles: ReadonlyMap<UserId, string>;
  /** Everybody together: WAV, 48,000 Hz, 2 channels, lost packets concealed. */
  readonly mixFile: string;
  /** Packets that were lost and made up for in the mix. */
  readonly framesConcealed: number;
}

const SAMPLES_PER_MS = 48;
/** A speaker whose timestamps are this far from the clock, in samples, has started them anew: 2 s. */
const REBASE_SAMPLES = 96_000;
/** Frames that wait for the disk: 20 s of five speakers. */
const QUEUE_FRAMES = 5_000;

/** Turns a speaker's timestamps into places in the recording. */
function createPlacer(nowSamples: () => number) {
  const bases = new Map<UserId, { timestamp: number; at: number }>();
  return (userId: UserId, timestamp: number): number => {
    const base = bases.get(userId);
    const now = nowSamples();
    const place = base === undefined ? now : base.at + ((timestamp - base.timestamp) | 0);
    if (base !== undefined && Math.abs(place - now) <= REBASE_SAMPLES) return place;
    bases.set(userId, { timestamp, at: now });
    return now;
  };
}

interface SpeakerFile {
  readonly file: FileHandle;
  readonly path: string;
  readonly writer: OggOpusWriter;
}

/** Records a call until the signal aborts or the connection is over; resolves when all files are complete. */
export async function recordCall(connection: VoiceConnection, options: RecordCallOptions): Promise<CallRecording> {
  const { directory, signal, clock = systemClock } = options;
  // Opened first, so that nothing said meanwhile is lost.
  const stream = connection.receive(undefined, { limit: QUEUE_FRAMES, signal });
  await mkdir(directory, { recursive: true });
  const startMs = clock.monotonicMs();
  const placeOf = createPlacer(() => Math.round((clock.monotonicMs() - startMs) * SAMPLES_PER_MS));
  const speakers = new Map<UserId, SpeakerFile>();
  const mixFile = join(directory, "mix.wav");
  const mixer = createWavMixer();
  let framesConcealed = 0;
  await using mix = await open(mixFile, "w");
  await mix.write(mixer.header());

  const fileOf = async (userId: UserId): Promise<SpeakerFile> => {
    const existing = speakers.get(userId);
    if (existing !== undefined) return existing;
    const path = join(directory, `${userId}.opus`);
    const speaker = { path, file: await open(path, "w"), writer: createOggOpusWriter(speakers.size + 1) };
    speakers.set(userId, speaker);
    await speaker.file.write(speaker.writer.begin());
    return speaker;
  };
  /** Writes each frame to its speaker's file on its way to the mix. */
  async function* keep(): AsyncGenerator<ReceivedOpusFrame> {
    for await (const frame of stream) {
      const { file, writer } = await fileOf(frame.userId);
      await file.write(writer.push(frame.opus, placeOf(frame.userId, frame.timestamp)));
      yield frame;
    }
  }
  try {
    for await (const { userId, samples, timestamp, isConcealed } of decodeReceived(keep())) {
      if (isConcealed) framesConcealed++;
      await mix.write(mixer.add(samples, placeOf(userId, timestamp)));
    }
    await mix.write(mixer.end());
    await mix.write(mixer.header(), 0, undefined, 0);
    for (const { file, writer } of speakers.values()) await file.write(writer.end());
  } finally {
    await stream.return?.();
    await Promise.all(Array.from(speakers.values(), ({ file }) => file.close()));
  }
  const speakerFiles = new Map(Array.from(speakers, ([userId, { path }]) => [userId, path] as const));
  return { speakerFiles, mixFile, framesConcealed };
}
