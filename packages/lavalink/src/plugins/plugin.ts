import type { Filters } from "@antiphon/protocol/lavalink";
import type { Track } from "../track.ts";

/** What every call of a plugin is told. */
export interface PluginCall {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trusted code that finds tracks, loads addresses, or names effects. It runs in this process with all its rights; code that is not trusted
 * belongs into a sandbox.
 */
export interface LavalinkPlugin {
  /** By which it is called and removed. */
  readonly name: string;
  /** Answers a search with tracks of its own; none where it finds nothing. */
  search?(query: string, call: PluginCall): Promise<readonly Track[]>;
  /** Loads an address, or declines with null, and then the next one is asked. */
  loadTrack?(url: string, call: PluginCall): Promise<Track | null>;
  /**
   * Effects by name. The sound is made on the node, so an effect is filters, as a rule `pluginFilters` of a plugin that runs there.
   */
  readonly effects?: Readonly<Record<string, Filters>>;
  /** Told when the plugin is removed. */
  close?(): Promise<void> | void;
}

/** What a plugin's module exports by default: the plugin, or what makes it. */
export type PluginExport = LavalinkPlugin | (() => LavalinkPlugin | Promise<LavalinkPlugin>);

/** A plugin as it is; for the type checker. */
export function definePlugin<Plugin extends LavalinkPlugin>(plugin: Plugin): Plugin {
  return plugin;
}
