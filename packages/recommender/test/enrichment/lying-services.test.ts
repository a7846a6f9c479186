import { createManualClock, createSeededRandom } from "@antiphon/std";
import { createLastFmClient, createListenBrainzClient, type HttpPort } from "@antiphon/recommender/enrichment";
import { expect, test } from "vitest";

/** A service that answers the same to every question, with no time between two of them. */
function lyingService(answer: unknown) {
  const clock = createManualClock({ startMs: Date.UTC(2026, 0, 1) });
  const seen = { asked: 0 };
  const http: HttpPort = {
    async send() {
      seen.asked++;
      return { status: 200, header: () => undefined, body: JSON.stringify(answer) };
    },
  };
  const read = async (listens: AsyncIterable<unknown>) => {
    const state = { rows: 0, code: "" };
    const reading = (async () => {
      for await (const _ of listens) state.rows++;
    })().catch((error: { readonly code: string }) => (state.code = error.code));
    while (state.code === "" && seen.asked < 20) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(500);
    }
    await reading;
    return { ...state, ...seen };
  };
  return { shared: { http, clock, random: createSeededRandom(1) }, read };
}

const seconds = 1_600_000_000;
const lastFmPage = (count: number, totalPages: number) => ({
  recenttracks: {
    track: Array.from({ length: count }, (_, index) => ({
      name: `t${index}`,
      mbid: "",
      artist: { "#text": "A", mbid: "" },
      album: { "#text": "", mbid: "" },
      date: { uts: String(seconds - index * 60) },
    })),
    "@attr": { totalPages: String(totalPages) },
  },
});
const listenBrainzPage = (times: readonly number[]) => ({
  payload: {
    listens: times.map((listened_at, index) => ({
      listened_at,
      recording_msid: `${index}`,
      track_metadata: { artist_name: "A", track_name: `t${index}`, release_name: "" },
    })),
  },
});

test.each([
  ["gives its first page again and again", lastFmPage(200, 1_000_000), 200, 2],
  ["says it has a million pages, and gives empty ones", lastFmPage(0, 1_000_000), 0, 1],
])("a Last.fm that %s is not believed", async (_, answer, rows, asked) => {
  const { shared, read } = lyingService(answer);
  await using client = createLastFmClient({ ...shared, apiKey: "key" });
  expect(await read(client.listens("ada"))).toEqual({ rows, asked, code: "RECOMMENDER_API_RESPONSE_INVALID" });
});

test.each([
  ["gives its newest listens again and again", Array.from({ length: 1_000 }, (_, index) => seconds - index), 1_000, 2],
  ["gives listens of the future", Array.from({ length: 1_000 }, () => 4_100_000_000), 0, 1],
  ["gives listens out of order", Array.from({ length: 1_000 }, (_, index) => seconds + index), 0, 1],
])("a ListenBrainz that %s is not believed", async (_, times, rows, asked) => {
  const { shared, read } = lyingService(listenBrainzPage(times));
  await using client = createListenBrainzClient(shared);
  expect(await read(client.listens("ada"))).toEqual({ rows, asked, code: "RECOMMENDER_API_RESPONSE_INVALID" });
});
