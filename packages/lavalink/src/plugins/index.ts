export { createPluginHost, type PluginHost, type PluginHostOptions, type PluginSearchOptions } from "./plugin-host.ts";
export { definePlugin, type LavalinkPlugin, type PluginCall, type PluginExport } from "./plugin.ts";
export { createYouTubePlugin, type YouTubePlugin, type YouTubePluginOptions } from "./youtube.ts";
