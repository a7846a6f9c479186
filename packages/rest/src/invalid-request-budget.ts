import type { Clock } from "@antiphon/std";

/** Counts the answers for which Discord bans an IP address when there are 10,000 of them in ten minutes. */
export interface InvalidRequestBudget {
  /** Counts one 401, 403 or 429 (not of scope `shared`). */
  spend(): void;
  /** How many were counted within the last ten minutes. */
  readonly spent: number;
  /** How long until a request may be made again; 0 while there is budget left. */
  readonly waitMs: number;
}

const SLOT_MS = 60_000;
/** Ten minutes and the one that has just begun. */
const SLOTS = 11;

/** Builds an {@link InvalidRequestBudget} that allows `limit` in ten minutes. @see [Discord Docs/Rate Limits, "Invalid Request Limit"] */
export function createInvalidRequestBudget(limit: number, clock: Clock): InvalidRequestBudget {
  const counts = Array.from({ length: SLOTS }, () => 0);
  let newestSlot = Math.floor(clock.monotonicMs() / SLOT_MS);
  let spent = 0;

  const advance = () => {
    const slot = Math.floor(clock.monotonicMs() / SLOT_MS);
    for (let passed = Math.min(SLOTS, slot - newestSlot); passed > 0; passed--) {
      const index = (slot - passed + 1) % SLOTS;
      spent -= counts[index] ?? 0;
      counts[index] = 0;
    }
    newestSlot = slot;
  };

  return {
    spend() {
      advance();
      const index = newestSlot % SLOTS;
      counts[index] = (counts[index] ?? 0) + 1;
      spent++;
    },
    get spent() {
      advance();
      return spent;
    },
    get waitMs() {
      // What is counted can only have become less since.
      if (spent < limit) return 0;
      advance();
      if (spent < limit) return 0;
      // The oldest minutes are forgotten one by one, until enough of them are.
      let left = spent;
      for (let age = SLOTS - 1; age >= 0; age--) {
        left -= counts[(newestSlot - age + SLOTS * 2) % SLOTS] ?? 0;
        if (left < limit) return (newestSlot + SLOTS - age) * SLOT_MS - clock.monotonicMs();
      }
      return 0;
    },
  };
}
