import type { Clock } from "@antiphon/std";

/** Something that went over a socket, or that the simulator has to say. */
type Entry =
  | {
      readonly type: "request";
      readonly requestId: number;
      readonly method: string;
      readonly path: string;
      readonly text: string;
    }
  | {
      readonly type: "response";
      readonly requestId: number;
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly text: string;
    }
  /** An interaction on its way to an application's HTTP endpoint, and what came back. */
  | { readonly type: "deliver"; readonly url: string; readonly text: string }
  | { readonly type: "delivered"; readonly url: string; readonly status: number; readonly text: string }
  | { readonly type: "open"; readonly connectionId: number; readonly path: string }
  | { readonly type: "receive" | "send"; readonly connectionId: number; readonly text: string }
  | { readonly type: "close"; readonly connectionId: number; readonly code: number; readonly by: "client" | "server" }
  /** Something the simulator does not know or could not do: a client, or the simulator, needs attention. */
  | { readonly type: "problem"; readonly text: string };

/** One line of the transcript. `atMs` is milliseconds since the Unix epoch. */
export type TranscriptEntry = Entry & { readonly atMs: number };

/** What was said on all sockets, in order and with secrets left out. */
export interface Transcript {
  /** The newest entries; a copy. */
  readonly entries: readonly TranscriptEntry[];
  /** The entries of type `problem`, as text: empty after a run in which a client did nothing unheard of. */
  readonly problems: readonly string[];
  /** How many older entries gave way. */
  readonly dropped: number;
  /** Adds an entry; `text` may carry secrets, which do not come out again. */
  add(entry: Entry): void;
  /** Forgets all entries. */
  clear(): void;
}

const PATH_TOKEN = /(\/(?:interactions|webhooks)\/\d+\/)[^/?\s."]+/;
const JSON_TOKEN = /("token"\s*:\s*")[^"]*/g;

const redactPath = (path: string) => path.replace(PATH_TOKEN, "$1[redacted]");

function redact(entry: TranscriptEntry): TranscriptEntry {
  const path = "path" in entry ? { path: redactPath(entry.path) } : {};
  const text = "text" in entry ? { text: redactPath(entry.text).replace(JSON_TOKEN, "$1[redacted]") } : {};
  return { ...entry, ...path, ...text };
}

/** The most characters that the entries have together, whatever their number. */
const CHARACTERS = 64 * 1024 * 1024;

const sizeOf = (entry: TranscriptEntry) => ("text" in entry ? entry.text.length : 0);

/** Builds a transcript that keeps the newest `limit` entries. */
export function createTranscript(clock: Clock, limit: number): Transcript {
  let kept: TranscriptEntry[] = [];
  let head = 0;
  let characters = 0;
  let dropped = 0;
  const current = () => kept.slice(head).map(redact);
  return {
    get entries() {
      return current();
    },
    get problems() {
      return current().flatMap((entry) => (entry.type === "problem" ? entry.text : []));
    },
    get dropped() {
      return dropped;
    },
    add(entry) {
      const stamped = { ...entry, atMs: clock.now() };
      kept.push(stamped);
      characters += sizeOf(stamped);
      while (kept.length - head > limit || (characters > CHARACTERS && kept.length - head > 1)) {
        characters -= sizeOf(kept[head++] as TranscriptEntry);
        dropped++;
      }
      // The array is copied once in `limit` entries, not at each.
      if (head > limit) {
        kept = kept.slice(head);
        head = 0;
      }
    },
    clear() {
      kept = [];
      head = 0;
      characters = 0;
      dropped = 0;
    },
  };
}
