import type { GuildId } from "@antiphon/protocol/discord";

/** Players that are moving to this process at the moment. */
export interface Arrivals {
  has(guildId: GuildId): boolean;
  /** Resolves when the guild's player is here or will not come; at once where none is moving. */
  settled(guildId: GuildId): Promise<void>;
  /** Lets a player move here; whoever asks for it meanwhile waits until `move` has settled. */
  run(guildId: GuildId, move: () => Promise<void>): Promise<void>;
}

/** Builds {@link Arrivals}. */
export function createArrivals(): Arrivals {
  const moving = new Map<GuildId, Promise<void>>();
  return {
    has: (guildId) => moving.has(guildId),
    async settled(guildId) {
      // Whether it came is seen in what is there then; why not, is told by whoever moves it.
      await moving.get(guildId)?.catch(() => {});
    },
    async run(guildId, move) {
      const moved = move();
      moving.set(guildId, moved);
      try {
        await moved;
      } finally {
        if (moving.get(guildId) === moved) moving.delete(guildId);
      }
    },
  };
}
