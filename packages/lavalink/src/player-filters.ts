import { findFilterProblem, type Filters } from "@antiphon/protocol/lavalink";
import { composeFilters } from "./compose-filters.ts";
import { LavalinkError } from "./error.ts";
import { filterPresets, type BassBoostLevel, type FilterPresetName } from "./filter-presets.ts";

interface WithSignal {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The effects of one player, in named layers. Each layer stays until it is replaced or removed, whatever is set in other layers; the
 * node gets their composition.
 */
export interface PlayerFilters {
  /** The layers, the earliest first. */
  readonly layers: ReadonlyMap<string, Filters>;
  /** All layers as one, as the node has it. */
  readonly composed: Filters;
  /** Sets a layer, in the place of the one of this name. Throws `LAVALINK_INVALID_ARGUMENT` for a value out of range. */
  set(layer: string, filters: Filters, options?: WithSignal): Promise<void>;
  /** Sets a preset as a layer of its own name. */
  use(preset: FilterPresetName, options?: WithSignal): Promise<void>;
  /** Boosts the bass; another level takes the place of the one before. */
  bassBoost(level: BassBoostLevel, options?: WithSignal): Promise<void>;
  /** Faster and higher. */
  nightcore(options?: WithSignal): Promise<void>;
  /** Slower and lower. */
  vaporwave(options?: WithSignal): Promise<void>;
  /** Removes a layer; does nothing when there is none of this name. */
  remove(layer: string, options?: WithSignal): Promise<void>;
  /** Removes every layer. */
  clear(options?: WithSignal): Promise<void>;
}

/** A {@link PlayerFilters} as its player sees it. */
export interface ManagedPlayerFilters extends PlayerFilters {
  /** Takes over layers that the node has already. */
  adopt(layers: Iterable<readonly [string, Filters]>): void;
}

const LAYER_LIMIT = 32;
const bassBoosts = {
  low: filterPresets.bassBoostLow,
  medium: filterPresets.bassBoostMedium,
  high: filterPresets.bassBoostHigh,
} as const satisfies Readonly<Record<BassBoostLevel, Filters>>;

/** Builds a {@link PlayerFilters}; `submit` sends a composition, `changed` hears of every change that is seen. */
export function createPlayerFilters(
  submit: (filters: Filters, signal: AbortSignal | undefined) => Promise<void>,
  changed: () => void,
): ManagedPlayerFilters {
  const layers = new Map<string, Filters>();
  let composed: Filters = {};

  const recompose = () => {
    composed = composeFilters(layers.values());
    changed();
  };
  const put = (layer: string, filters: Filters | undefined) => {
    if (filters === undefined) layers.delete(layer);
    else layers.set(layer, filters);
  };
  /** Shows the change at once; a layer that the node refused goes back, unless it was set again meanwhile. */
  const change = async (changes: ReadonlyMap<string, Filters | undefined>, signal: AbortSignal | undefined) => {
    const before = new Map([...changes.keys()].map((layer) => [layer, layers.get(layer)]));
    for (const [layer, filters] of changes) put(layer, filters);
    recompose();
    try {
      await submit(composed, signal);
    } catch (error) {
      for (const [layer, filters] of changes) if (layers.get(layer) === filters) put(layer, before.get(layer));
      recompose();
      throw error;
    }
  };
  const set = async (layer: string, filters: Filters, { signal }: WithSignal = {}) => {
    const problem = findFilterProblem(filters);
    if (problem !== undefined) throw invalid(`filters.set("${layer}"): ${problem}.`);
    if (layers.size >= LAYER_LIMIT && !layers.has(layer)) {
      throw invalid(`filters.set("${layer}"): there are ${LAYER_LIMIT} layers already. Remove one.`);
    }
    await change(new Map([[layer, filters]]), signal);
  };

  return {
    layers,
    get composed() {
      return composed;
    },
    set,
    use: (preset, options) => set(preset, filterPresets[preset], options),
    bassBoost: (level, options) => set("bassBoost", bassBoosts[level], options),
    nightcore: (options) => set("nightcore", filterPresets.nightcore, options),
    vaporwave: (options) => set("vaporwave", filterPresets.vaporwave, options),
    async remove(layer, { signal } = {}) {
      if (layers.has(layer)) await change(new Map([[layer, undefined]]), signal);
    },
    async clear({ signal } = {}) {
      if (layers.size > 0) await change(new Map([...layers.keys()].map((layer) => [layer, undefined])), signal);
    },
    adopt(given) {
      layers.clear();
      for (const [layer, filters] of given) layers.set(layer, filters);
      recompose();
    },
  };
}

function invalid(message: string): LavalinkError {
  return new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
}
