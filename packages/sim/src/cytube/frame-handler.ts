import type { Channel } from "./channel.ts";
import type { Member } from "./member.ts";
import type { PayloadShape } from "./payload-check.ts";

/** What a site does with a frame of a member. */
export interface FrameHandler {
  readonly shape?: PayloadShape;
  run(channel: Channel, member: Member, payload: never, acknowledge: (answer: unknown) => void): void;
}

/** Types a handler by its payload, which `shape` guarantees. */
export function frame<Payload>(
  shape: PayloadShape | undefined,
  run: (channel: Channel, member: Member, payload: Payload, acknowledge: (answer: unknown) => void) => void,
): FrameHandler {
  return { ...(shape === undefined ? {} : { shape }), run: run as FrameHandler["run"] };
}

/** Throws a member out, as CyTube does. */
export function kick(member: Member, reason: string): void {
  member.socket.emit("kick", { reason });
  member.socket.disconnect();
}
