import type { Dispatch } from "@antiphon/protocol/discord";
import { withSignal, type Clock } from "@antiphon/std";
import type { DispatchData } from "./gateway-event.ts";

/** Follows which of the guilds that READY announced have arrived. */
export interface GuildReadiness {
  /** Takes notice of a dispatch. */
  feed(dispatch: Dispatch): void;
  /** Resolves when every announced guild has arrived or is known to be unavailable, or when the time is over. */
  wait(timeoutMs: number, signal: AbortSignal | undefined): Promise<void>;
}

/** Builds a {@link GuildReadiness}; Discord sends the guilds one by one after READY, and says never that it was the last. */
export function createGuildReadiness(clock: Clock): GuildReadiness {
  const pending = new Set<string>();
  const waiting = new Set<() => void>();
  const remove = (guildId: string) => {
    if (!pending.delete(guildId) || pending.size > 0) return;
    for (const resolve of waiting) resolve();
  };
  return {
    feed({ type, data }) {
      if (type === "READY") for (const { id } of (data as DispatchData<"READY">).guilds ?? []) pending.add(id);
      else if (type === "GUILD_CREATE" || type === "GUILD_DELETE") remove((data as { readonly id: string }).id);
    },
    async wait(timeoutMs, signal) {
      if (pending.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      using _timer = clock.setTimer(timeoutMs, resolve);
      waiting.add(resolve);
      try {
        await withSignal(promise, signal);
      } finally {
        waiting.delete(resolve);
        pending.clear();
      }
    },
  };
}
