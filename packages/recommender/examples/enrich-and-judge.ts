// Asks music services what they know of tracks and judges from their tags how the tracks feel. A simulator takes the services' place; it
// keeps their limits, fails on demand, and tells at the end whether anybody was rude to them.
// Here: `npx node --conditions=@antiphon/source packages/recommender/examples/enrich-and-judge.ts`; in a project of your own:
// `node enrich-and-judge.ts`.
import {
  createHttpPool,
  createLastFmClient,
  createListenBrainzClient,
  createMusicAnalyzer,
} from "@antiphon/recommender/enrichment";
import { startMusicApisSimulator } from "@antiphon/sim/music-apis";

await using music = await startMusicApisSimulator();
music.catalogue.add({ artist: "Glasshouse", title: "Tidewater", tags: { ambient: 100, calm: 60, melancholy: 40 } });
music.catalogue.add({
  artist: "The Lanterns",
  title: "Fairground",
  tags: { "happy hardcore": 80, energetic: 70, party: 50 },
});

// One service has a bad minute: each client tries again by itself, with the pause that was asked for.
music.faults.add({ service: "lastfm", kind: "status", status: 503, times: 1 });
music.faults.add({ service: "listenbrainz", kind: "cut", times: 1 });

// Without `baseUrl` they talk to the real ones; the connections are shared.
await using http = createHttpPool({ maxConnections: 10 });
await using listenbrainz = createListenBrainzClient({ http, baseUrl: music.urls.listenbrainz });
await using lastfm = createLastFmClient({ http, baseUrl: music.urls.lastfm, apiKey: music.credentials.lastfmApiKey });
await using analyzer = createMusicAnalyzer({ providers: [listenbrainz, lastfm] });

const analyses = await analyzer.analyzeTracks([
  { artist: "Glasshouse", title: "Tidewater" },
  { artist: "The Lanterns", title: "Fairground" },
  { artist: "Nobody", title: "Nothing" },
]);
for (const { artist, title, status, mood, answeredBy } of analyses) {
  // Where the tags say too little there are no numbers, rather than a zero that looks like an opinion.
  const { quadrant, valence, arousal } = mood;
  const feels =
    valence === undefined ? quadrant : `${quadrant} (valence ${valence.toFixed(1)}, arousal ${arousal?.toFixed(1)})`;
  console.log(`${artist}: ${title}: ${status}, ${feels}, by ${answeredBy.join(" and ") || "nobody"}`);
}

console.log("analyzer:", analyzer.getStats().byStatus);
console.log(
  `last.fm: breaker ${lastfm.stats().circuitState}, ${lastfm.stats().retries} request made again; rules broken: ${music.violations.length}`,
);
