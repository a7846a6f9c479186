import type { InvocationResult, World } from "@antiphon/sim/discord";
import { waitFor } from "@antiphon/std";
import type { APIMessage } from "discord-api-types/v10";

/** What is put into a command's options. */
export type CommandOptions = NonNullable<Parameters<World["invokeCommand"]>[0]["options"]>;

/** Uses a command and gives the bot's final answer. */
export type AnswerTo = (name: string, options?: CommandOptions) => Promise<APIMessage>;

/** How long an answer may take; an address that hangs is given up before. */
const PATIENCE_MS = 60_000;

/**
 * What a command was answered with in the end. A public "is thinking" that turns into a private answer is deleted, and a new message
 * comes in its place.
 */
export async function finalAnswer(
  world: World,
  result: InvocationResult,
  { channelId, botUserId }: { readonly channelId: string; readonly botUserId: string },
): Promise<APIMessage> {
  const { message } = result;
  if (message === undefined) throw new Error(`the answer was no message but "${result.outcome}"`);
  if (!result.thinking) return message;
  using waiting = cancelOnDispose(PATIENCE_MS);
  const { signal } = waiting;
  const replaced = waitFor(world, "messageCreate", {
    filter: (event) => event.channelId === channelId && event.message.author.id === botUserId,
    signal,
  });
  return await Promise.race([result.completed({ signal }), replaced.then((event) => event.message)]);
}

/** A signal that aborts after a while, or when it is disposed, so that no wait outlives what it was for. */
function cancelOnDispose(timeoutMs: number): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  return {
    signal: AbortSignal.any([controller.signal, AbortSignal.timeout(timeoutMs)]),
    [Symbol.dispose]: () => controller.abort(),
  };
}
