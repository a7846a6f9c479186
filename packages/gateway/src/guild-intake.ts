import type { Dispatch } from "@antiphon/protocol/discord";
import type { Clock, Timer } from "@antiphon/std";

/** Follows how a new session comes to know its guilds: Discord connects those that READY announces one by one. */
export interface GuildIntake {
  /** Takes notice of a dispatch, whether it was decoded or not. */
  take(dispatch: Pick<Dispatch, "type" | "data">): void;
  close(): void;
}

/** Options of {@link createGuildIntake}. */
export interface GuildIntakeOptions {
  readonly clock: Clock;
  /** Whether Discord tells of guilds at all, which takes the intent GUILDS. */
  readonly hasGuilds: boolean;
  /** Called for each session when it knows its guilds; `signal` aborts when another begins, or at the end. */
  readonly onComplete: (signal: AbortSignal) => void;
}

/** How long announced guilds are waited for; those that Discord itself has lost come much later. */
const GUILDS_MS = 15_000;

/** The ids of the guilds that a READY announces. */
export function guildIdsOf(ready: unknown): readonly unknown[] {
  const guilds = (ready as { readonly guilds?: unknown } | null)?.guilds;
  return Array.isArray(guilds) ? guilds.map((guild: { readonly id?: unknown } | null) => guild?.id) : [];
}

/** Builds a {@link GuildIntake}. It counts rather than reads, so that a bot without use for GUILD_CREATE need not parse it. */
export function createGuildIntake({ clock, hasGuilds, onComplete }: GuildIntakeOptions): GuildIntake {
  let session: AbortController | undefined;
  let timer: Timer | undefined;
  let missing = 0;

  const complete = () => {
    timer?.cancel();
    missing = 0;
    if (session !== undefined) onComplete(session.signal);
  };
  const close = () => {
    timer?.cancel();
    missing = 0;
    session?.abort();
  };
  return {
    take({ type, data }) {
      if (type === "READY") {
        close();
        session = new AbortController();
        missing = hasGuilds ? guildIdsOf(data).length : 0;
        if (missing === 0) return complete();
        timer = clock.setTimer(GUILDS_MS, complete, { keepAlive: false });
      } else if (missing > 0 && (type === "GUILD_CREATE" || type === "GUILD_DELETE")) {
        missing--;
        if (missing === 0) complete();
      }
    },
    close,
  };
}
