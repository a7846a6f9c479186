import { systemClock, type Clock } from "@antiphon/std";
import { frameChannel, requestChannel, type FrameReport, type RequestReport } from "../diagnostics.ts";
import { listen } from "./listen.ts";
import { redact, redactPath, redactText } from "./redact.ts";
import { createRing } from "./ring.ts";

/** Options of {@link createWiretap}. */
export interface WiretapOptions {
  /** As many packets are kept; the oldest give way. Defaults to 1,000. */
  readonly limit?: number;
  /** Longer bodies and frames are kept by their beginning, in characters. Defaults to 16,384. */
  readonly bodyLimitCharacters?: number;
  readonly clock?: Clock;
}

/** Something that went between the client and a node. Tokens, passwords and session ids are not in it. */
export interface WiretapPacket {
  /** When, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly node: string;
  /** `in` is a frame of the node's, `out` a request of ours with its answer. */
  readonly direction: "in" | "out";
  /** A frame's op, with the type where it is an event; a request's method and path. */
  readonly op: string;
  /** A frame as it is, or a request's body. */
  readonly data: unknown;
  /** What the node answered to a request; absent for frames. */
  readonly answer?: {
    /** Null when none came. */
    readonly status: number | null;
    readonly data: unknown;
    readonly durationMs: number;
  };
}

/** Listens in on what goes between this process's clients and their nodes. */
export interface Wiretap extends Disposable {
  readonly enabled: boolean;
  /** How many packets gave way to later ones. */
  readonly dropped: number;
  /** Begins to capture; what was captured before stays. */
  enable(): void;
  /** Stops capturing; what was captured stays. */
  disable(): void;
  /** The latest packets, at most `limit`, the oldest first. */
  packets(limit?: number): readonly WiretapPacket[];
  clear(): void;
}

/** Builds a {@link Wiretap} that is not enabled yet. */
export function createWiretap(options: WiretapOptions = {}): Wiretap {
  const { limit = 1000, bodyLimitCharacters = 16_384, clock = systemClock } = options;
  const captured = createRing<WiretapPacket>(limit);
  let subscriptions: readonly Disposable[] = [];

  const onFrame = ({ node, text }: FrameReport) => {
    const data = redactText(text, bodyLimitCharacters);
    captured.push({ atMs: clock.now(), node, direction: "in", op: opOf(data), data });
  };
  const onRequest = ({ node, method, path, body, status, answer, durationMs }: RequestReport) =>
    captured.push({
      atMs: clock.now(),
      node,
      direction: "out",
      op: `${method} ${redactPath(path)}`,
      data: body === undefined ? null : redact(body),
      answer: { status, data: redactText(answer, bodyLimitCharacters), durationMs },
    });
  const disable = () => {
    for (const subscription of subscriptions) subscription[Symbol.dispose]();
    subscriptions = [];
  };
  return {
    get enabled() {
      return subscriptions.length > 0;
    },
    get dropped() {
      return captured.dropped;
    },
    enable() {
      if (subscriptions.length === 0)
        subscriptions = [
          listen(frameChannel, (message) => onFrame(message as FrameReport)),
          listen(requestChannel, (message) => onRequest(message as RequestReport)),
        ];
    },
    disable,
    packets: (latest = limit) => (latest > 0 ? captured.items().slice(-latest) : []),
    clear: captured.clear,
    [Symbol.dispose]: disable,
  };
}

function opOf(data: unknown): string {
  if (typeof data !== "object" || data === null || !("op" in data)) return "unreadable";
  const { op } = data;
  return op === "event" && "type" in data ? `event ${String(data.type)}` : String(op);
}
