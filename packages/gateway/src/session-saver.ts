import type { ShardSession } from "@antiphon/protocol/discord";
import { describeError, type Clock, type Logger, type Timer } from "@antiphon/std";
import type { SessionStore, ShardKey } from "./session-store.ts";

/** Writes a shard's session to the store when it has changed, but not for every event. */
export interface SessionSaver {
  /** Notes the newest session. */
  note(session: ShardSession | undefined): void;
  /** Writes what is noted and not written yet; never rejects. */
  flush(): Promise<void>;
}

const SAVE_INTERVAL_MS = 1_000;

/** Builds a {@link SessionSaver}; failures of the store are logged, since a lost session only costs a fresh identify. */
export function createSessionSaver(store: SessionStore, key: ShardKey, clock: Clock, logger: Logger): SessionSaver {
  let noted: ShardSession | undefined;
  /** Null until the first write: what the store holds from an earlier process may be out of date. */
  let saved: ShardSession | undefined | null = null;
  let timer: Timer | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = async () => {
    if (noted === saved) return;
    const session = noted;
    saved = session;
    try {
      await store.save(key, session);
    } catch (error) {
      logger.warn("The gateway session could not be saved.", { ...key, problem: describeError(error) });
    }
  };
  const flush = () => {
    timer?.cancel();
    timer = undefined;
    writing = writing.then(write);
    return writing;
  };

  return {
    note(session) {
      noted = session;
      if (noted !== saved) timer ??= clock.setTimer(SAVE_INTERVAL_MS, () => void flush(), { keepAlive: false });
    },
    flush,
  };
}
