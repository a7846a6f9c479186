import { DISCORD_EPOCH_MS, type Snowflake } from "@antiphon/protocol/discord";
import type { Clock } from "@antiphon/std";

/** The most ids that one millisecond holds: the low 12 bits of a snowflake. */
const IDS_PER_MS = 4096;

/** Makes ids that are unique and grow, from the clock alone; a millisecond that is full borrows from the next. */
export function createSnowflakeSource(clock: Clock): () => Snowflake {
  let lastMs = 0;
  let increment = 0;
  return () => {
    const nowMs = Math.floor(clock.now()) - DISCORD_EPOCH_MS;
    if (nowMs > lastMs) {
      lastMs = nowMs;
      increment = 0;
    } else if (increment === IDS_PER_MS) {
      lastMs++;
      increment = 0;
    }
    return String((BigInt(lastMs) << 22n) | BigInt(increment++));
  };
}
