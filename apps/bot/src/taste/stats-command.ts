import { defineCommand, escapeMarkdown, truncate, type Command } from "@antiphon/core";
import { createListeningClock, createTopArtistsChart, type ChartRenderer } from "@antiphon/recommender/charts";
import type { HistoryStore } from "@antiphon/recommender/store";

const HOUR_MS = 3_600_000;

/** `/stats`: what who asks has heard, with charts. */
export function statsCommand({
  store,
  charts,
}: {
  readonly store: HistoryStore;
  readonly charts: ChartRenderer;
}): Command {
  return defineCommand({
    name: "stats",
    description: "What you have heard here, and what you imported",
    contexts: ["guild"],
    async execute({ userId, defer, reply, signal }) {
      await defer();
      const [plays, all, artists, hours, tracks] = await Promise.all([
        store.listenerStats(userId),
        store.getUserStats(userId),
        store.topArtists(userId),
        store.listeningHours(userId),
        store.topTracks(userId, { limit: 5 }),
      ]);
      if (artists.length === 0) {
        await reply("I have heard nothing with you yet. Play something, or bring your history with /import.");
        return;
      }
      const top = tracks.map(
        ({ track, listens }, index) =>
          `\`${index + 1}.\` **${escapeMarkdown(truncate(track.title, 80))}** by ${escapeMarkdown(truncate(track.artist || "unknown artist", 60))}, ${listens}×`,
      );
      const lines = [
        `Here: **${plays.plays}** plays, **${plays.uniqueTracks}** tracks by **${plays.uniqueArtists}** artists, ${(plays.listenedMs / HOUR_MS).toFixed(1)} hours.`,
        `With what you imported: **${all.totalScrobbles}** listens of **${all.uniqueTracks}** tracks by **${all.uniqueArtists}** artists.`,
        ...top,
      ];
      const [artistsPng, clockPng] = await Promise.all([
        charts.renderPng(createTopArtistsChart(artists), { signal }),
        charts.renderPng(createListeningClock(hours), { signal }),
      ]);
      await reply({
        content: lines.join("\n"),
        files: [
          { name: "top-artists.png", data: artistsPng, contentType: "image/png" },
          { name: "hours.png", data: clockPng, contentType: "image/png" },
        ],
      });
    },
  });
}
