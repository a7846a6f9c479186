import type { GuildId } from "@antiphon/protocol/discord";
import { systemClock, type Clock } from "@antiphon/std";
import { createErrorBudget } from "../error-budget.ts";
import { hasCode, toLavalinkError, type LavalinkError } from "../error.ts";
import type { Lavalink } from "../lavalink.ts";
import type { QueuedTrack } from "../track.ts";
import type { AutoplayEngine, AutoplayPick } from "./engine.ts";

/** Options of {@link startAutoplay}. */
export interface StartAutoplayOptions {
  readonly lavalink: Lavalink;
  /** The engine of a guild, made on first use; undefined where autoplay is not wanted. */
  engineOf(guildId: GuildId): AutoplayEngine | undefined;
  /** A track that plays shorter than this, and was not skipped, counts as failed, in milliseconds. Defaults to 10,000. */
  readonly minimumPlayMs?: number;
  /** How many failed tracks end autoplay until somebody plays something. Defaults to 3 in 35 s. */
  readonly errorBudget?: { readonly maximumFailures: number; readonly windowMs: number };
  readonly clock?: Clock;
  /** Told of each pick that is played. */
  onPick?(guildId: GuildId, pick: AutoplayPick): void;
  /** Told when a pick could not be made or played. */
  onError?(guildId: GuildId, error: LavalinkError): void;
}

interface GuildState {
  readonly budget: ReturnType<typeof createErrorBudget>;
  startedMs: number;
  last: QueuedTrack | undefined;
  /** Whether the last track ended by itself. */
  ended: boolean;
  /** The track that autoplay chose itself, to tell it from those of people. */
  picked: string | undefined;
  exhausted: boolean;
}

/** Plays what the engines choose whenever a queue is empty, and tells them what people skip; runs until it is disposed. */
export function startAutoplay(options: StartAutoplayOptions): Disposable {
  const { lavalink, engineOf, minimumPlayMs = 10_000, clock = systemClock } = options;
  const { errorBudget = { maximumFailures: 3, windowMs: 35_000 } } = options;
  const controller = new AbortController();
  const { signal } = controller;
  const guilds = new Map<GuildId, GuildState>();

  const stateOf = (guildId: GuildId): GuildState => {
    const known = guilds.get(guildId);
    if (known !== undefined) return known;
    const budget = createErrorBudget(errorBudget);
    const state: GuildState = {
      budget,
      startedMs: 0,
      last: undefined,
      ended: false,
      picked: undefined,
      exhausted: false,
    };
    guilds.set(guildId, state);
    return state;
  };
  /** What plays already, perhaps since an earlier run of the process, is the seed of what comes next. */
  const takeOver = (guildId: GuildId) => {
    const current = lavalink.players.get(guildId)?.current;
    if (current === null || current === undefined) return;
    stateOf(guildId).last = current;
    engineOf(guildId)?.played(current);
  };
  const playNext = async (guildId: GuildId) => {
    const state = stateOf(guildId);
    const engine = engineOf(guildId);
    const { last } = state;
    if (engine === undefined || last === undefined) return;
    // The last track of a queue is skipped by stopping it.
    if (!state.ended) engine.skipped(last);
    if (state.exhausted) return;
    const pick = await engine.next(last, { signal });
    const player = lavalink.players.get(guildId);
    // Somebody may have played something, or left, while a strategy was thinking.
    if (pick === null || player === undefined || player.current !== null || signal.aborted) return;
    state.picked = pick.track.encoded;
    options.onPick?.(guildId, pick);
    await player.play(pick.track, { signal });
  };
  const report = (guildId: GuildId) => (error: unknown) => {
    if (signal.aborted || hasCode(error, "LAVALINK_PLAYER_DESTROYED", "LAVALINK_CLOSED")) return;
    options.onError?.(guildId, toLavalinkError(error, `Autoplay of ${guildId}`));
  };

  for (const guildId of lavalink.players.keys()) takeOver(guildId);
  lavalink.on("playerCreate", ({ guildId }) => takeOver(guildId), { signal });
  lavalink.on(
    "trackStart",
    ({ guildId, track }) => {
      const state = stateOf(guildId);
      if (track.encoded !== state.picked) {
        state.budget.reset();
        state.exhausted = false;
      }
      state.startedMs = clock.monotonicMs();
      state.last = track;
      state.ended = false;
      engineOf(guildId)?.played(track);
    },
    { signal },
  );
  lavalink.on(
    "trackEnd",
    ({ guildId, track, reason }) => {
      const state = stateOf(guildId);
      const isShort = clock.monotonicMs() - state.startedMs < minimumPlayMs;
      if (reason === "stopped" || reason === "cleanup") return;
      state.ended = reason !== "replaced";
      if (reason === "replaced") engineOf(guildId)?.skipped(track);
      else if (isShort || reason === "loadFailed") state.exhausted = !state.budget.spend(clock.monotonicMs());
      else state.budget.reset();
    },
    { signal },
  );
  lavalink.on("queueEmpty", ({ guildId }) => void playNext(guildId).catch(report(guildId)), { signal });
  lavalink.on("playerDestroy", ({ guildId }) => void guilds.delete(guildId), { signal });
  return { [Symbol.dispose]: () => controller.abort() };
}
