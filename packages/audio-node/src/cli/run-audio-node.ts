import { once } from "node:events";
import { describeError } from "@antiphon/std";
import { startAudioNode } from "../start-audio-node.ts";
import { readArguments, usage, type NodeArguments } from "./arguments.ts";

/** What {@link runAudioNode} talks to. */
export interface AudioNodeIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the node. */
  readonly signal: AbortSignal;
}

/** Runs a node until the signal aborts; resolves with the exit code. */
export async function runAudioNode(argv: readonly string[], io: AudioNodeIo): Promise<number> {
  let asked: NodeArguments;
  try {
    asked = readArguments(argv, io.env);
  } catch (error) {
    io.stderr.write(`${describeError(error)}\nSee antiphon-audio-node --help.\n`);
    return 2;
  }
  if (asked.wantsHelp) {
    io.stdout.write(usage);
    return 0;
  }
  const { password, host, port, musicDirectory, allowUrls } = asked;
  try {
    await using node = await startAudioNode({ password, host, port, musicDirectory, allowUrls });
    io.stdout.write(`Listening on ${node.url}\n`);
    if (!io.signal.aborted) await once(io.signal, "abort");
    io.stdout.write("Closing\n");
    return 0;
  } catch (error) {
    io.stderr.write(`${describeError(error)}\n`);
    return 1;
  }
}
