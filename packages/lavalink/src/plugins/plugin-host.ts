import { describeError, silentLogger, type Logger } from "@antiphon/std";
import { LavalinkError } from "../error.ts";
import type { Lavalink } from "../lavalink.ts";
import type { LoadResult } from "../load.ts";
import type { Player } from "../player.ts";
import type { LavalinkPlugin, PluginCall, PluginExport } from "./plugin.ts";

/** Options of {@link createPluginHost}. */
export interface PluginHostOptions {
  /** Who is asked for what no plugin knows. */
  readonly lavalink: Pick<Lavalink, "load" | "search">;
  readonly logger?: Logger;
}

/** What {@link PluginHost.search} takes. */
export interface PluginSearchOptions extends PluginCall {
  /** Only this plugin, whose failure is then thrown. */
  readonly plugin?: string;
}

/** Asks plugins before nodes. */
export interface PluginHost extends AsyncDisposable {
  /** In the order in which they are asked. */
  readonly plugins: readonly LavalinkPlugin[];
  /** Throws `LAVALINK_INVALID_ARGUMENT` when the name is taken. */
  add(plugin: LavalinkPlugin): void;
  /**
   * Imports an ES module and adds what it exports by default. It runs with all the rights of this process. Throws `LAVALINK_PLUGIN_FAILED`
   * when it cannot be imported or is no plugin.
   */
  addModule(url: URL | string): Promise<LavalinkPlugin>;
  /** Removes and closes a plugin; false when there is none of this name. */
  remove(name: string): Promise<boolean>;
  /** What the first plugin that finds anything found, and otherwise what the node finds. */
  search(query: string, options?: PluginSearchOptions): Promise<LoadResult>;
  /** What the first plugin that knows the address makes of it, and otherwise what the node does. */
  load(identifier: string, call?: PluginCall): Promise<LoadResult>;
  /** Sets a plugin's effect as a layer of the player's filters, named `PLUGIN/EFFECT`, and gives the layer's name. */
  applyEffect(player: Player, plugin: string, effect: string, call?: PluginCall): Promise<string>;
}

/** Builds a {@link PluginHost} without plugins. */
export function createPluginHost({ lavalink, logger = silentLogger }: PluginHostOptions): PluginHost {
  const plugins = new Map<string, LavalinkPlugin>();

  const add = (plugin: LavalinkPlugin) => {
    if (plugins.has(plugin.name)) throw invalid(`add: there is a plugin "${plugin.name}" already. Remove it first.`);
    plugins.set(plugin.name, plugin);
  };
  const pluginOf = (name: string): LavalinkPlugin => {
    const plugin = plugins.get(name);
    if (plugin !== undefined) return plugin;
    throw invalid(`There is no plugin "${name}". Known: ${[...plugins.keys()].join(", ") || "none"}.`);
  };
  /** Gives what the first plugin gives that has anything to say; one that fails is passed over. */
  const ask = async <Answer>(
    operation: string,
    call: PluginCall,
    one: (plugin: LavalinkPlugin) => Promise<Answer | undefined> | undefined,
  ): Promise<Answer | undefined> => {
    for (const plugin of plugins.values()) {
      try {
        const answer = await one(plugin);
        if (answer !== undefined) return answer;
      } catch (error) {
        call.signal?.throwIfAborted();
        logger.warn("A plugin failed", { plugin: plugin.name, operation, error: describeError(error) });
      }
    }
    return undefined;
  };
  const searchOne = async (
    plugin: LavalinkPlugin,
    query: string,
    call: PluginCall,
  ): Promise<LoadResult | undefined> => {
    const tracks = (await plugin.search?.(query, call)) ?? [];
    return tracks.length === 0 ? undefined : { type: "search", tracks };
  };
  const remove = async (name: string): Promise<boolean> => {
    const plugin = plugins.get(name);
    plugins.delete(name);
    await plugin?.close?.();
    return plugin !== undefined;
  };

  return {
    get plugins() {
      return [...plugins.values()];
    },
    add,
    async addModule(url) {
      const plugin = await importPlugin(url);
      add(plugin);
      return plugin;
    },
    remove,
    async search(query, { plugin: name, ...call } = {}) {
      if (name === undefined) {
        const found = await ask("search", call, (plugin) => searchOne(plugin, query, call));
        return found ?? lavalink.search(query, undefined, call);
      }
      const plugin = pluginOf(name);
      try {
        return (await searchOne(plugin, query, call)) ?? { type: "empty" };
      } catch (cause) {
        call.signal?.throwIfAborted();
        throw failed(`search: plugin "${name}" failed: ${describeError(cause)}`, cause);
      }
    },
    async load(identifier, call = {}) {
      const track = await ask("load", call, (plugin) =>
        plugin.loadTrack?.(identifier, call).then((found) => found ?? undefined),
      );
      return track === undefined ? lavalink.load(identifier, call) : { type: "track", track };
    },
    async applyEffect(player, name, effect, { signal } = {}) {
      const { effects = {} } = pluginOf(name);
      const filters = Object.hasOwn(effects, effect) ? effects[effect] : undefined;
      if (filters === undefined) {
        const known = Object.keys(effects).join(", ") || "none";
        throw invalid(`applyEffect: plugin "${name}" has no effect "${effect}". Known: ${known}.`);
      }
      const layer = `${name}/${effect}`;
      await player.filters.set(layer, filters, { signal });
      return layer;
    },
    async [Symbol.asyncDispose]() {
      const closeOne = (name: string) =>
        remove(name).catch((error: unknown) => {
          logger.warn("A plugin could not be closed", { plugin: name, error: describeError(error) });
        });
      await Promise.all([...plugins.keys()].map(closeOne));
    },
  };
}

async function importPlugin(url: URL | string): Promise<LavalinkPlugin> {
  let given: unknown;
  try {
    const module = (await import(String(url))) as { readonly default?: PluginExport };
    given = typeof module.default === "function" ? await module.default() : module.default;
  } catch (cause) {
    throw failed(`addModule: ${String(url)} cannot be imported: ${describeError(cause)}`, cause);
  }
  if (isPlugin(given)) return given;
  throw failed(`addModule: ${String(url)} exports no plugin by default: an object with a name, or what makes one.`);
}

function isPlugin(value: unknown): value is LavalinkPlugin {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
}

function failed(message: string, cause?: unknown): LavalinkError {
  return new LavalinkError("LAVALINK_PLUGIN_FAILED", message, { cause });
}

function invalid(message: string): LavalinkError {
  return new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
}
