import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { abortReason } from "@antiphon/std";
import type { ByteSource } from "./byte-reader.ts";
import { VoiceSourceError } from "./source-error.ts";

/** What ffmpeg converts: a file that it may seek in, or bytes that are fed to it. */
export type FfmpegInput = { readonly path: string } | { readonly bytes: ByteSource };

/** Options of {@link openFfmpegBytes}. */
export interface FfmpegOptions {
  /** The program, looked up in PATH. */
  readonly command: string;
  /** What the input is called in errors, and what it is: `MP4 or M4A`. */
  readonly name: string;
  /** How long it may take until the next audio comes, in milliseconds. */
  readonly readTimeoutMs: number;
  /** Kills the process. */
  readonly signal: AbortSignal | undefined;
}

/** A WAV file that ffmpeg makes as it is read. */
export interface FfmpegBytes extends ByteSource {
  /** The length of the input in milliseconds as ffmpeg told it; null before its first audio, or when it does not know. */
  readonly durationMs: number | null;
}

/** Containers of audio and video only: no playlists or scripts, which would lead ffmpeg to other files. */
const DEMUXERS =
  "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,eac3,flac,flv,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,ogg,rm,tak,tta,w64,wav,wv";
/** What is kept of what it says about the input and its failures. */
const MAXIMUM_LOG_CHARACTERS = 16 * 1024;

function argumentsFor(input: FfmpegInput): string[] {
  const [protocol, address] = "path" in input ? ["file", `file:${resolve(input.path)}`] : ["pipe", "pipe:0"];
  const reading = ["-protocol_whitelist", protocol, "-format_whitelist", DEMUXERS, "-i", address];
  const writing = ["-c:a", "pcm_s16le", "-ar", "48000", "-ac", "2", "-f", "wav", "pipe:1"];
  return [
    "-hide_banner",
    "-nostats",
    "-loglevel",
    "info",
    ...reading,
    "-map",
    "0:a:0",
    "-vn",
    "-sn",
    "-dn",
    ...writing,
  ];
}

/** Feeds a process what a source gives, no faster than it takes it; what goes wrong with the source is its result. */
async function feed(source: ByteSource, stdin: Writable): Promise<unknown> {
  try {
    for (let piece = await source.read(); piece !== null && stdin.writable; piece = await source.read()) {
      if (!stdin.write(piece)) await Promise.race([once(stdin, "drain"), once(stdin, "close")]);
    }
    stdin.end();
    return undefined;
  } catch (error) {
    stdin.destroy();
    return error;
  }
}

function readDurationMs(log: string): number | null {
  const [, hours, minutes, seconds] = /Duration: (\d+):(\d\d):(\d\d\.\d+)/.exec(log) ?? [];
  if (seconds === undefined) return null;
  return Math.round((Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000);
}

async function start(input: FfmpegInput, { command, name }: FfmpegOptions) {
  const child = spawn(command, argumentsFor(input), { stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
  // A process that ends early closes its end of the pipe; why it did is told by its log.
  child.stdin.on("error", () => {});
  try {
    await once(child, "spawn");
  } catch (cause) {
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
    const text = `${name}. Playing it takes ffmpeg, which cannot be started as "${command}". Install it, or convert the file.`;
    throw new VoiceSourceError("SOURCE_FFMPEG_MISSING", text, { cause });
  }
  // Kept from being reported as unhandled later; failing to be killed cannot be helped.
  child.on("error", () => {});
  return child;
}

function createLog(child: ChildProcessByStdio<Writable, Readable, Readable>) {
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    text = (text + piece).slice(-MAXIMUM_LOG_CHARACTERS);
  });
  return { text: () => text };
}

/**
 * Converts an input with ffmpeg while it is read: no shell, no network, no other file than the one named. The process is killed by
 * `close`, by the signal, and when it gives nothing for `readTimeoutMs`.
 *
 * @throws VoiceSourceError SOURCE_FFMPEG_MISSING; while reading, SOURCE_CORRUPT, SOURCE_TIMED_OUT, and what feeding it throws
 */
export async function openFfmpegBytes(input: FfmpegInput, options: FfmpegOptions): Promise<FfmpegBytes> {
  const { name, readTimeoutMs, signal } = options;
  const child = await start(input, options);
  const log = createLog(child);
  const exited = once(child, "exit");
  const fed = "bytes" in input ? feed(input.bytes, child.stdin) : Promise.resolve(child.stdin.end());
  const pieces = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let durationMs: number | null = null;
  let hadAudio = false;
  let timedOut = false;
  let closing: Promise<void> | undefined;

  const kill = () => void child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  const shutDown = async () => {
    signal?.removeEventListener("abort", kill);
    kill();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
    if ("bytes" in input) await input.bytes.close();
    await exited;
  };
  const nextPiece = async (): Promise<Uint8Array | null> => {
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, readTimeoutMs);
    try {
      const { done, value } = await pieces.next();
      return done === true ? null : value;
    } finally {
      clearTimeout(timer);
    }
  };
  /** The output is over: as it should be, or because something failed. */
  const finish = async (): Promise<null> => {
    const [exitCode] = (await exited) as [number | null];
    if (closing !== undefined) return null;
    if (signal?.aborted === true) throw abortReason(signal);
    if (timedOut) {
      const text = `${name}: ffmpeg gave no audio for ${readTimeoutMs} ms. Try again, or convert the file.`;
      throw new VoiceSourceError("SOURCE_TIMED_OUT", text, { retryable: true });
    }
    const failure = exitCode === 0 || hadAudio ? undefined : (log.text().trimEnd().split("\n").at(-1) ?? "");
    if (failure !== undefined) {
      const cause = child.stdin.writableFinished ? undefined : await fed;
      if (cause instanceof VoiceSourceError) throw cause;
      const text = `${name}, and ffmpeg finds no audio in it that it can decode.`;
      throw new VoiceSourceError("SOURCE_CORRUPT", text, { details: { exitCode, failure } });
    }
    return null;
  };
  return {
    name,
    sizeBytes: null,
    get durationMs() {
      return durationMs;
    },
    async read() {
      const piece = await nextPiece();
      if (piece === null) return finish();
      if (!hadAudio) {
        // What it says about the input was written before its audio, but the two come through different pipes.
        await new Promise((resolveTurn) => setImmediate(resolveTurn));
        durationMs = readDurationMs(log.text());
      }
      hadAudio = true;
      return piece;
    },
    close: () => (closing ??= shutDown()),
  };
}
