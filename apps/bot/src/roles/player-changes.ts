import type { StateStore } from "@antiphon/lavalink/stores";
import type { GuildId } from "@antiphon/protocol/discord";

/** Tells of every change of a player, be it of its queue, its filters or what plays. */
export interface PlayerChanges {
  /** What the Lavalink client is given to write to: it writes soon after each change, and one player's after another. */
  readonly store: StateStore;
  /** Sets who is told, until the Disposable is disposed; while a promise that it gives is pending, changes gather. */
  listen(listener: (guildId: GuildId) => Promise<void>): Disposable;
}

const KEY = /^(?:player|queue)\/(\d{1,20})$/u;

/** Builds {@link PlayerChanges}. Nothing is kept: whoever is told looks at the player. */
export function createPlayerChanges(): PlayerChanges {
  let told: ((guildId: GuildId) => Promise<void>) | undefined;
  const close = () => Promise.resolve();
  return {
    store: {
      entries: () => Promise.resolve(new Map()),
      async set(key) {
        const guildId = KEY.exec(key)?.[1];
        if (guildId !== undefined) await told?.(guildId);
      },
      delete: () => Promise.resolve(),
      close,
      [Symbol.asyncDispose]: close,
    },
    listen(listener) {
      told = listener;
      return {
        [Symbol.dispose]() {
          if (told === listener) told = undefined;
        },
      };
    },
  };
}
