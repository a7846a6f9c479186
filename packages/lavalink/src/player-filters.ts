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

type Changes = ReadonlyMap<string, Filters | undefined>;
type Submit = (filters: Filters, signal: AbortSignal | undefined) => Promise<void>;

class LayeredFilters implements ManagedPlayerFilters {
  readonly layers = new Map<string, Filters>();
  readonly #submit: Submit;
  readonly #changed: () => void;
  #composed: Filters = {};

  constructor(submit: Submit, changed: () => void) {
    this.#submit = submit;
    this.#changed = changed;
  }
  get composed(): Filters {
    return this.#composed;
  }
  async set(layer: string, filters: Filters, { signal }: WithSignal = {}): Promise<void> {
    const problem = findFilterProblem(filters);
    if (problem !== undefined) throw invalid(`filters.set("${layer}"): ${problem}.`);
    if (this.layers.size >= LAYER_LIMIT && !this.layers.has(layer)) {
      throw invalid(`filters.set("${layer}"): there are ${LAYER_LIMIT} layers already. Remove one.`);
    }
    await this.#change(new Map([[layer, filters]]), signal);
  }
  use(preset: FilterPresetName, options?: WithSignal): Promise<void> {
    return this.set(preset, filterPresets[preset], options);
  }
  bassBoost(level: BassBoostLevel, options?: WithSignal): Promise<void> {
    return this.set("bassBoost", bassBoosts[level], options);
  }
  nightcore(options?: WithSignal): Promise<void> {
    return this.use("nightcore", options);
  }
  vaporwave(options?: WithSignal): Promise<void> {
    return this.use("vaporwave", options);
  }
  async remove(layer: string, { signal }: WithSignal = {}): Promise<void> {
    if (this.layers.has(layer)) await this.#change(new Map([[layer, undefined]]), signal);
  }
  async clear({ signal }: WithSignal = {}): Promise<void> {
    if (this.layers.size > 0)
      await this.#change(new Map([...this.layers.keys()].map((key) => [key, undefined])), signal);
  }
  adopt(given: Iterable<readonly [string, Filters]>): void {
    this.layers.clear();
    for (const [layer, filters] of given) this.layers.set(layer, filters);
    this.#recompose();
  }

  /** Shows the change at once; a layer that the node refused goes back, unless it was set again meanwhile. */
  async #change(changes: Changes, signal: AbortSignal | undefined): Promise<void> {
    const before = new Map([...changes.keys()].map((layer) => [layer, this.layers.get(layer)]));
    for (const [layer, filters] of changes) this.#put(layer, filters);
    this.#recompose();
    try {
      await this.#submit(this.#composed, signal);
    } catch (error) {
      for (const [layer, filters] of changes) {
        if (this.layers.get(layer) === filters) this.#put(layer, before.get(layer));
      }
      this.#recompose();
      throw error;
    }
  }
  #put(layer: string, filters: Filters | undefined): void {
    if (filters === undefined) this.layers.delete(layer);
    else this.layers.set(layer, filters);
  }
  #recompose(): void {
    this.#composed = composeFilters(this.layers.values());
    this.#changed();
  }
}

/** Builds a {@link PlayerFilters}; `submit` sends a composition, `changed` hears of every change that is seen. */
export function createPlayerFilters(submit: Submit, changed: () => void): ManagedPlayerFilters {
  return new LayeredFilters(submit, changed);
}

function invalid(message: string): LavalinkError {
  return new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
}
