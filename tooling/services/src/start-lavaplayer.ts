import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { requireService } from "./find-service.ts";

/** A track as lavaplayer has it; 64-bit numbers are decimal texts. */
export interface LavaplayerTrack {
  /** What it writes again for the track, in base64. */
  readonly encoded: string;
  readonly title: string;
  readonly author: string;
  readonly lengthMs: string;
  readonly identifier: string;
  readonly isStream: boolean;
  readonly uri: string | null;
  readonly artworkUrl: string | null;
  readonly isrc: string | null;
  readonly sourceName: string;
  readonly positionMs: string;
  readonly isSeekable: boolean;
}

/** What came of playing a track. */
export interface LavaplayerPlay {
  /** Frames of 20 ms. */
  readonly frames: number;
  /** Where in the track the first frame is, in milliseconds; -1 when there was none. */
  readonly firstMs: number;
  /** Where in the track the last frame is. */
  readonly lastMs: number;
  /** Where the track says that it is. */
  readonly positionMs: number;
  /** Why it ended: as Lavalink writes it; null when it was left. */
  readonly reason: string | null;
}

/** lavaplayer in a process of its own. Each call rejects with lavaplayer's own words. */
export interface Lavaplayer extends AsyncDisposable {
  /** Reads an encoded track. */
  decode(encoded: string): Promise<LavaplayerTrack>;
  /** Writes a track of a source that keeps nothing of its own. */
  encode(track: Omit<LavaplayerTrack, "encoded" | "isSeekable">): Promise<LavaplayerTrack>;
  /** Loads a file by its path, or an address. */
  load(identifier: string): Promise<LavaplayerTrack>;
  /** Plays an encoded track from its position on, as fast as its frames come, and leaves it after so many. */
  play(encoded: string, maximumFrames: number): Promise<LavaplayerPlay>;
  /**
   * Plays tracks of `http` or `local` over each other, stops the last, and gives what a listener was told: `start` or the reason of an
   * end, each with the track's title.
   */
  playOver(encoded: readonly string[]): Promise<readonly (readonly [what: string, title: string])[]>;
  /** Why tracks end, and whether the next may start then. */
  endReasons(): Promise<Readonly<Record<string, boolean>>>;
  /** Ends the process; harmless when called again. */
  close(): Promise<void>;
}

const program = fileURLToPath(new URL("../lavaplayer/Lavaplayer.java", import.meta.url));

/** Starts lavaplayer with the sources `http` and `local`, and with names of sources that keep nothing of their own in a track. */
export function startLavaplayer(plainSources: readonly string[] = []): Lavaplayer {
  const jars = join(requireService("lavaplayer"), "*");
  const child = spawn(requireService("java"), ["-cp", jars, program, ...plainSources], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-10_000)));
  const waiting: PromiseWithResolvers<unknown>[] = [];
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => child.once("close", resolve));
  const failure = () => new Error(`lavaplayer has ended:\n${complaints}`);
  child.once("close", () => {
    hasEnded = true;
    for (const each of waiting.splice(0)) each.reject(failure());
  });
  // Both come with a close, and then whoever asked is told.
  child.once("error", (error) => (complaints += error.message));
  child.stdin.on("error", (error) => (complaints += error.message));
  createInterface(child.stdout).on("line", (line) => waiting.shift()?.resolve(JSON.parse(line)));

  const ask = async <Answer>(request: object): Promise<Answer> => {
    if (hasEnded) throw failure();
    const answered = Promise.withResolvers<unknown>();
    waiting.push(answered);
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = (await answered.promise) as Answer | { readonly error: string };
    if (typeof answer === "object" && answer !== null && "error" in answer) throw new Error(answer.error);
    return answer;
  };
  const close = async () => {
    // It ends with its input, and so also with this process.
    child.stdin.end();
    await ended;
  };
  return {
    decode: (encoded) => ask({ operation: "decode", encoded }),
    encode: (track) => ask({ operation: "encode", ...track }),
    load: (identifier) => ask({ operation: "load", identifier }),
    play: (encoded, maximumFrames) => ask({ operation: "play", encoded, maximumFrames }),
    playOver: (encoded) => ask({ operation: "playOver", encoded }),
    endReasons: () => ask({ operation: "endReasons" }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
