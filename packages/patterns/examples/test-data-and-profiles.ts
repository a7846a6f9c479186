// Tools for the workshop: test data made from a schema, a stand-in for a service, a clock that is moved by hand, and a profile that
// names the function that eats the processor.
// Here: `npx node --conditions=@antiphon/source packages/patterns/examples/test-data-and-profiles.ts`; in a project of your own:
// `node test-data-and-profiles.ts`.
import { createAsyncProfiler, createProfiler } from "@antiphon/patterns/profiling";
import { createTestFramework, fixture } from "@antiphon/patterns/testing";
import { z } from "zod";

// The same seed gives the same data, so a test that fails today fails tomorrow.
const framework = createTestFramework({ seed: 7 });
console.log(`a user: ${framework.generateUser().username}; a track: ${framework.generateTrack().title}`);

// Any schema will do: the data passes it, bounds and formats included.
const review = z.object({
  stars: z.int().min(1).max(5),
  text: z.string().min(10).max(60),
  tags: z.array(z.string()).length(2),
});
const sample = fixture(review, { seed: 3, overrides: { stars: 5 } });
console.log(`a review: ${sample.stars} stars, ${sample.tags.length} tags, ${sample.text.length} characters`);

interface Lyrics {
  find(title: string): Promise<string>;
}

/** What is under test: asks a service, and waits before it asks again. */
async function findPatiently(lyrics: Lyrics, title: string, sleep: (ms: number) => Promise<void>): Promise<string> {
  try {
    return await lyrics.find(title);
  } catch {
    await sleep(60_000);
    return lyrics.find(title);
  }
}

const lyrics = framework.createMock<Lyrics>("lyrics", { find: async (title) => `the words of ${title}` });
lyrics.failNext("find", new Error("busy"), { rejects: true });
const { clock } = framework;
const found = findPatiently(lyrics.object, "Harbour", (ms) => clock.sleep(ms));
await clock.advance(60_000); // a minute that nobody waits for
console.log(`${await found}, after ${lyrics.spy("find").calls.length} calls`);

// Operations by name, on the same clock: what they cost is known exactly.
const tasks = createAsyncProfiler({ clock });
const loads = Promise.all([
  tasks.profile("load", () => clock.sleep(200)),
  tasks.profile("load", () => clock.sleep(400)),
]);
await clock.advance(400);
await loads;
const { load } = tasks.stats();
console.log(`load: ${load?.count} times, ${load?.averageMs} ms on average, ${load?.maximumMs} ms at most`);

function shuffleSlowly(rounds: number): number {
  let sum = 0;
  for (let round = 0; round < rounds; round++) sum += Math.sqrt(round) * Math.sin(round);
  return sum;
}
await using profiler = createProfiler({ samplingIntervalUs: 200 });
const { profile } = await profiler.profile(() => shuffleSlowly(3_000_000));
const busiest = profile.topFunctions.find(({ functionName }) => functionName === "shuffleSlowly");
console.log(`the profile names ${busiest?.functionName} in ${busiest?.location.split("/").at(-1)?.split(":")[0]}`);
