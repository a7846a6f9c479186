import type { Clock, Timer } from "@antiphon/std";
import type { LavalinkEvent } from "./event.ts";
import type { ManagedPlayer } from "./player.ts";

/** What {@link startWatchdog} is built from. */
export interface WatchdogOptions {
  readonly clock: Clock;
  /** How long a playing track may send nothing before its node is asked, in milliseconds. */
  readonly silenceMs: number;
  players(): Iterable<ManagedPlayer>;
  emit(event: LavalinkEvent): void;
  report(player: ManagedPlayer, error: unknown): void;
}

/**
 * Looks after players that should be heard but send nothing: a node can lose a player, or the event of its end, and tell nobody.
 *
 * @see NodeLink 3.7, which sends no player's events any more after a resume
 */
export function startWatchdog({ clock, silenceMs, players, emit, report }: WatchdogOptions): Disposable {
  let timer: Timer | undefined;
  const look = () => {
    for (const player of players()) {
      const { guildId, silentMs } = player;
      if (silentMs === undefined || silentMs < silenceMs) continue;
      emit({ type: "playerSilent", guildId, silentMs: Math.round(silentMs) });
      player.inspect().catch((error: unknown) => report(player, error));
    }
    schedule();
  };
  const schedule = () => {
    timer = clock.setTimer(silenceMs / 3, look, { keepAlive: false });
  };
  schedule();
  return { [Symbol.dispose]: () => timer?.cancel() };
}
