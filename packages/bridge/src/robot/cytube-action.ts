import type { Clock } from "@antiphon/std";
import { isCytubeFrame, type CytubeFrame } from "@antiphon/protocol/cytube";
import type { CytubeConnection } from "./cytube-connection.ts";
import { RobotFailure } from "./robot-failure.ts";

/** Something done in the channel, and the frame by which the channel shows that it was done. */
export interface CytubeAction<Result> {
  /** What to send, in order. */
  readonly send: readonly (readonly [event: string, payload?: unknown])[];
  /** The result, when this frame shows the effect. */
  readonly shows: (frame: CytubeFrame) => Result | undefined;
  /** The reason, when this frame is a refusal. Refusals that any action can meet are looked for besides. */
  readonly refuses?: (frame: CytubeFrame) => string | undefined;
  /** How long the effect may take. Defaults to 5,000 ms. */
  readonly timeoutMs?: number;
}

/** Does it, and waits for the effect. */
export type PerformAction = <Result>(action: CytubeAction<Result>) => Promise<Result>;

const TIMEOUT_MS = 5_000;

function generalRefusal(frame: CytubeFrame): string | undefined {
  if (isCytubeFrame(frame, "errorMsg") || isCytubeFrame(frame, "noflood")) return frame.payload.msg;
  if (isCytubeFrame(frame, "kick")) return `the robot was kicked: ${frame.payload.reason}`;
  return undefined;
}

/** Builds a {@link PerformAction} on a connection. CyTube answers nothing by itself: frames tell, or silence. */
export function createPerformAction(connection: CytubeConnection, clock: Clock): PerformAction {
  return <Result>({ send, shows, refuses, timeoutMs = TIMEOUT_MS }: CytubeAction<Result>) =>
    new Promise<Result>((resolve, reject) => {
      const end = (settle: () => void): void => {
        timer.cancel();
        for (const subscription of subscriptions) subscription[Symbol.dispose]();
        settle();
      };
      const fail = (code: RobotFailure["code"], message: string) => end(() => reject(new RobotFailure(code, message)));
      const timer = clock.setTimer(timeoutMs, () =>
        fail(
          "ROBOT_NOT_CONFIRMED",
          "CyTube did not show the effect: it ignores what the robot may not do, and what is no change.",
        ),
      );
      const subscriptions = [
        connection.on("frame", ({ frame }) => {
          const result = shows(frame);
          if (result !== undefined) return end(() => resolve(result));
          const refusal = refuses?.(frame) ?? generalRefusal(frame);
          if (refusal !== undefined) fail("ROBOT_CYTUBE_REFUSED", refusal);
        }),
        connection.on("left", ({ reason }) =>
          fail("ROBOT_NOT_IN_CHANNEL", `The robot left the channel meanwhile: ${reason}`),
        ),
      ];
      for (const [event, payload] of send) {
        if (connection.emit(event, payload)) continue;
        return fail("ROBOT_NOT_IN_CHANNEL", "The robot is not in the channel now.");
      }
    });
}
