import { z } from "zod";
import type { Lavalink } from "../lavalink.ts";
import { checked } from "./checked.ts";

/** An address that a source refused. */
export interface FailingAddress {
  readonly address: string;
  /** Milliseconds since the Unix epoch. */
  readonly failedAtMs: number;
}

/** How a node spreads its requests over addresses. */
export interface RoutePlannerStatus {
  /** `RotatingIpRoutePlanner`, `NanoIpRoutePlanner`, `RotatingNanoIpRoutePlanner` or `BalancingIpRoutePlanner`. */
  readonly kind: string;
  /** `Inet4Address` or `Inet6Address`. */
  readonly addressKind: string;
  /** How many addresses there are; a text, since an IPv6 block has more than a number holds. */
  readonly addressCount: string;
  readonly failing: readonly FailingAddress[];
}

interface RoutePlannerOptions {
  /** The name of the node. Defaults to the one that a new player would go to. */
  readonly node?: string;
  readonly signal?: AbortSignal | undefined;
}

const statusSchema = z
  .looseObject({
    class: z.string().nullish(),
    details: z
      .looseObject({
        ipBlock: z.looseObject({ type: z.string(), size: z.string() }),
        failingAddresses: z.array(z.looseObject({ failingAddress: z.string(), failingTimestamp: z.number() })),
      })
      .nullish(),
  })
  .transform(({ class: kind, details }): RoutePlannerStatus | null =>
    kind === null || kind === undefined || details === null || details === undefined
      ? null
      : {
          kind,
          addressKind: details.ipBlock.type,
          addressCount: details.ipBlock.size,
          failing: details.failingAddresses.map(({ failingAddress, failingTimestamp }) => ({
            address: failingAddress,
            failedAtMs: failingTimestamp,
          })),
        },
  );

/** The state of a node's route planner; null where it has none. @see Lavalink docs, "RoutePlanner API" */
export async function routePlannerStatus(
  lavalink: Pick<Lavalink, "request">,
  options: RoutePlannerOptions = {},
): Promise<RoutePlannerStatus | null> {
  const body = await lavalink.request({ method: "GET", path: "/v4/routeplanner/status", ...options });
  return body === undefined ? null : checked("routePlannerStatus", statusSchema, body);
}

/** Lets a node use an address again that a source refused. */
export async function freeAddress(
  lavalink: Pick<Lavalink, "request">,
  address: string,
  options: RoutePlannerOptions = {},
): Promise<void> {
  await lavalink.request({ method: "POST", path: "/v4/routeplanner/free/address", body: { address }, ...options });
}

/** Lets a node use all addresses again. */
export async function freeAllAddresses(
  lavalink: Pick<Lavalink, "request">,
  options: RoutePlannerOptions = {},
): Promise<void> {
  await lavalink.request({ method: "POST", path: "/v4/routeplanner/free/all", ...options });
}
