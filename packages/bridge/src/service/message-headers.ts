import { randomBytes } from "node:crypto";
import type { Clock } from "@antiphon/std";

/** Headers of the messages of a service. */
export const messageHeaders = {
  /** When the asker stops waiting: `{sentAtMs};{timeoutMs}`. */
  deadline: "Antiphon-Deadline",
  /** The same key is the same request. */
  idempotencyKey: "Antiphon-Idempotency-Key",
  /** @see W3C "Trace Context" */
  traceparent: "traceparent",
} as const;

const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

/** The `traceparent` of a new step: of the given trace, or of a new one when there is none or it is malformed. */
export function nextTraceparent(parent?: string): string {
  const [, traceId = randomBytes(16).toString("hex"), flags = "01"] = TRACEPARENT.exec(parent ?? "") ?? [];
  return `00-${traceId}-${randomBytes(8).toString("hex")}-${flags}`;
}

/** How long the asker still waits: undefined when it set no limit, 0 or less when it has gone. */
export interface TimeLeft {
  readonly leftMs: number | undefined;
  /** The two clocks differ so much that the limit counts from the moment of receipt. */
  readonly skewed: boolean;
}

/** A request that is this late was not on its way for so long: the clocks differ. */
const LATEST_MS = 30_000;

/** The value of the deadline header. */
export function deadlineHeader(clock: Clock, timeoutMs: number): string {
  return `${Math.round(clock.now())};${Math.round(timeoutMs)}`;
}

/** Reads the deadline header; one that is malformed sets no limit. */
export function timeLeft(header: string | undefined, clock: Clock): TimeLeft {
  const [, sentAt, timeout] = /^(\d{1,16});(\d{1,10})$/.exec(header ?? "") ?? [];
  if (sentAt === undefined || timeout === undefined) return { leftMs: undefined, skewed: false };
  const elapsedMs = clock.now() - Number(sentAt);
  const skewed = elapsedMs < -1_000 || elapsedMs > Number(timeout) + LATEST_MS;
  return { leftMs: skewed ? Number(timeout) : Number(timeout) - Math.max(0, elapsedMs), skewed };
}
