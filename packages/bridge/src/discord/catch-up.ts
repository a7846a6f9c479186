import type { Dispatch } from "@antiphon/protocol/discord";
import type { Clock } from "@antiphon/std";

/** Options of {@link createCatchUp}. */
export interface CatchUpOptions {
  /** Asks Discord for some member of this guild: the answer with this nonce comes in the session, behind what was sent before it. */
  readonly ask: (guildId: string, nonce: string) => void;
  /** The session's last dispatch up to which the bus has all; undefined while there is no session. */
  readonly acknowledged: () => number | undefined;
  readonly clock: Clock;
}

/** Finds out when nothing that Discord had sent by some moment is on its way any more; see {@link createCatchUp}. */
export interface CatchUp {
  /** Takes notice of a dispatch; true for an answer that is for nobody else. */
  isAnswer(dispatch: Dispatch): boolean;
  /** Whether it is so for whoever waits under this number; asked again and again. */
  isDone(generation: number): boolean;
}

/** How much later one session may be sent what another was sent. */
const SKEW_MS = 1_000;
/** After how long it is asked again: the guild may have gone, or the connection. */
const ASK_AGAIN_MS = 5_000;
const NONCE = "antiphon-catch-up-";

interface Waiting {
  readonly generation: number;
  askAtMs: number;
  /** What the bus must have. */
  mark?: number;
}

/** The guild that a dispatch tells of. */
function guildOf({ type, data }: Dispatch): unknown {
  const fields = data as { readonly id?: unknown; readonly guild_id?: unknown } | null;
  return type === "GUILD_CREATE" ? fields?.id : fields?.guild_id;
}

/**
 * Builds a {@link CatchUp}. No time is long enough to wait for a connection that lags behind, so a question is sent through it: what comes
 * before the answer has come. A session that knows of no guild has nothing that could be late.
 */
export function createCatchUp({ ask, acknowledged, clock }: CatchUpOptions): CatchUp {
  let isUp = false;
  let last = 0;
  let guildId: string | undefined;
  let asked = 0;
  let waiting: Waiting | undefined;

  const look = (state: Waiting): void => {
    const nowMs = clock.monotonicMs();
    if (nowMs < state.askAtMs) return;
    if (guildId === undefined) return void (state.mark = last);
    state.askAtMs = nowMs + ASK_AGAIN_MS;
    ask(guildId, `${NONCE}${++asked}`);
  };

  return {
    isAnswer(dispatch) {
      const { type, data, sequence } = dispatch;
      if (type === "READY" || type === "RESUMED") isUp = true;
      if (type === "READY") [waiting, guildId] = [undefined, undefined];
      const nonce = type === "GUILD_MEMBERS_CHUNK" ? (data as { readonly nonce?: unknown } | null)?.nonce : undefined;
      if (typeof nonce === "string" && nonce.startsWith(NONCE)) {
        if (waiting !== undefined && nonce === `${NONCE}${asked}`) waiting.mark ??= last;
        return true;
      }
      last = sequence;
      const told = guildOf(dispatch);
      if (typeof told === "string") guildId = told;
      return false;
    },
    isDone(generation) {
      if (!isUp) return false;
      if (waiting?.generation !== generation) waiting = { generation, askAtMs: clock.monotonicMs() + SKEW_MS };
      if (waiting.mark === undefined) look(waiting);
      return waiting.mark !== undefined && (acknowledged() ?? -1) >= waiting.mark;
    },
  };
}
