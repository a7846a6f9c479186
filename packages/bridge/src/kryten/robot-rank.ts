import {
  decodeJsonBytes,
  decodeKrytenReply,
  encodeJsonBytes,
  serviceCommandSubject,
  userLevelSubjects,
} from "@antiphon/protocol/kryten";
import { isAntiphonError } from "@antiphon/std";
import { z } from "zod";
import type { CoreBus } from "../bus/bus-transport.ts";
import { BridgeError } from "../error.ts";

/** What a robot is in its channel. */
export interface RobotRank {
  /** A float; see `cytubeRanks`. */
  readonly rank: number;
  readonly username: string;
}

const levelSchema = z.looseObject({
  success: z.boolean(),
  rank: z.number().optional(),
  username: z.string().optional(),
  error: z.string().optional(),
});
const userSchema = z.looseObject({ user: z.looseObject({ name: z.string(), rank: z.number() }) });

const RANK_TIMEOUT_MS = 2_000;

/**
 * Asks for the robot's own rank. kryten-robot reports what its login said, which is 1 for everybody; the user list has the true
 * one, so that is asked too and counts more.
 *
 * @throws BridgeError BRIDGE_NO_RESPONDER, BRIDGE_REQUEST_TIMED_OUT, BRIDGE_COMMAND_REFUSED
 */
export async function askRobotRank(
  bus: CoreBus,
  domain: string,
  channel: string,
  signal?: AbortSignal,
): Promise<RobotRank> {
  const level = levelSchema.parse(decodeJsonBytes(await askLevel(bus, userLevelSubjects(domain, channel), signal)));
  const { success, rank, username, error } = level;
  if (!success || rank === undefined || username === undefined) {
    throw new BridgeError(
      "BRIDGE_COMMAND_REFUSED",
      `The robot of ${channel} does not know its rank: ${error ?? "no reason given"}`,
    );
  }
  return { rank: (await rankInUserlist(bus, username, signal)) ?? rank, username };
}

async function askLevel(
  bus: CoreBus,
  [current, old]: readonly [string, string],
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const data = encodeJsonBytes({});
  try {
    return await bus.request(current, data, { timeoutMs: RANK_TIMEOUT_MS, signal });
  } catch (error) {
    if (!isAntiphonError(error, "BRIDGE_NO_RESPONDER")) throw error;
    return bus.request(old, data, { timeoutMs: RANK_TIMEOUT_MS, signal });
  }
}

async function rankInUserlist(
  bus: CoreBus,
  username: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const request = encodeJsonBytes({ service: "robot", command: "state.user", username });
  try {
    const reply = decodeKrytenReply(
      await bus.request(serviceCommandSubject("robot"), request, { timeoutMs: RANK_TIMEOUT_MS, signal }),
    );
    const found = reply.ok ? userSchema.safeParse(reply.data) : undefined;
    return found?.success === true ? found.data.user.rank : undefined;
  } catch (error) {
    // A robot that cannot say who is there has still said its level.
    if (isAntiphonError(error) && error.code.startsWith("BRIDGE_REQUEST")) return undefined;
    throw error;
  }
}
