import type { Channel } from "./channel.ts";
import type { Member } from "./member.ts";
import type { PayloadShape } from "./payload-check.ts";

/** What a site does with a frame of a member. */
export interface FrameHandler {
  readonly shape?: PayloadShape;
  run(channel: Channel, member: Member, payload: never, acknowledge: (answer: unknown) => void): void;
}

/** Builds a handler whose payload has the shape; the handler names the type that follows from it. */
export function frame(shape: PayloadShape | undefined, run: FrameHandler["run"]): FrameHandler {
  return { ...(shape === undefined ? {} : { shape }), run };
}

/** Throws a member out, as CyTube does. */
export function kick(member: Member, reason: string): void {
  member.socket.emit("kick", { reason });
  member.socket.disconnect();
}
