import { createSeededRandom } from "@antiphon/std";
import { expect, test } from "vitest";
import { createMoodAnalyzer, quadrantOf } from "./mood-analyzer.ts";
import { defaultMoodLexicon } from "./mood-lexicon.ts";
import { fitMoodWeights, type MoodSample } from "./mood-weights.ts";

test("tags speak of a mood, an analyzer needs no options", () => {
  const { judgeTags } = createMoodAnalyzer();
  const quadrants = [
    ["Disco", "happy", "Party"],
    ["death metal", "angry", "aggressive"],
    ["melancholy", "sad songs", "slowcore"],
    ["chillout", "peaceful", "Easy Listening"],
  ].map((tags) => judgeTags(tags).quadrant);
  expect(quadrants).toEqual(["excited", "tense", "sad", "calm"]);
});

test("a track is judged by artist and title with the tags of a source", async () => {
  const asked: unknown[] = [];
  const analyzer = createMoodAnalyzer({
    tagSource: async (track) => {
      asked.push(track);
      return [
        { name: "Melancholy", weight: 1 },
        { name: "lonely", weight: 0.5 },
        { name: "seen live", weight: 0.9 },
      ];
    },
  });
  const mood = await analyzer.analyzeTrack("The Lanterns", "Harbour");
  expect(asked).toEqual([{ artist: "The Lanterns", title: "Harbour" }]);
  expect(mood).toMatchObject({
    artist: "The Lanterns",
    title: "Harbour",
    quadrant: "sad",
    valence: expect.closeTo(-0.6),
    arousal: expect.closeTo(-0.5),
    tagsConsidered: 3,
    tagSourceError: undefined,
  });
  expect(mood.evidence.map(({ tag, share }) => [tag, share])).toEqual([
    ["melancholy", expect.closeTo(2 / 3)],
    ["lonely", expect.closeTo(1 / 3)],
  ]);
  expect(mood.confidence).toBeGreaterThan(0.3);
});

test("tags known beforehand are evidence, alone and beside those of a source", async () => {
  const alone = await createMoodAnalyzer().analyzeTrack("Nobody", "Nothing", { tags: ["happy", "upbeat"] });
  expect(alone).toMatchObject({ quadrant: "excited", tagsConsidered: 2 });
  const tagSource = async () => [{ name: "sad", weight: 0.2 }];
  const both = await createMoodAnalyzer({ tagSource }).analyzeTrack("Nobody", "Nothing", { tags: ["happy"] });
  expect(both.evidence.map(({ tag }) => tag)).toEqual(["happy", "sad"]);
  expect(both.confidence).toBeLessThan(alone.confidence);
});

test("thin evidence is unknown, whatever it says", async () => {
  const { judgeTags, analyzeTrack } = createMoodAnalyzer();
  expect(judgeTags(["happy", "female vocalists", "90s"])).toEqual({
    quadrant: "unknown",
    valence: undefined,
    arousal: undefined,
    confidence: 0,
    evidence: [{ tag: "happy", valence: 0.9, arousal: 0.6, share: 1 }],
  });
  expect(judgeTags(["happy", "Happy", " HAPPY "]).quadrant).toBe("unknown");
  expect(
    judgeTags([
      { name: "sad", weight: 0 },
      { name: "calm", weight: Number.NaN },
    ]).evidence,
  ).toEqual([]);
  expect((await analyzeTrack("Nobody", "Nothing")).quadrant).toBe("unknown");
  expect(createMoodAnalyzer({ leastEvidence: 1 }).judgeTags(["happy"]).quadrant).toBe("excited");
});

test("a source that fails is told, and the caller's signal ends the question", async () => {
  const analyzer = createMoodAnalyzer({ tagSource: () => Promise.reject(new Error("down")) });
  const mood = await analyzer.analyzeTrack("a", "b", { tags: ["calm", "mellow"] });
  expect(mood).toMatchObject({ quadrant: "calm", tagSourceError: new Error("down") });
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(analyzer.analyzeTrack("a", "b", { signal })).rejects.toThrow("enough");
});

test("tags that agree give confidence, tags that contradict each other take it", () => {
  const { judgeTags } = createMoodAnalyzer();
  const agreeing = judgeTags(["calm", "relaxing", "mellow", "chillout"]);
  const contradicting = judgeTags(["calm", "relaxing", "angry", "brutal"]);
  expect(agreeing.confidence).toBeGreaterThan(0.6);
  expect(contradicting.confidence).toBeLessThan(0.2);
  expect(judgeTags(["calm", "relaxing"]).confidence).toBeLessThan(agreeing.confidence);
});

test("words within a tag count for less, spellings for the same, and a denial for nothing", () => {
  const { judgeTags } = createMoodAnalyzer({ leastEvidence: 1 });
  expect(judgeTags(["trip hop"])).toEqual({ ...judgeTags(["trip-hop"]), evidence: expect.anything() });
  const [whole, part] = judgeTags(["sad", "sad female vocals"]).evidence;
  expect(part?.share).toBeCloseTo((whole?.share ?? 0) * 0.6);
  expect(judgeTags(["not sad"]).quadrant).toBe("unknown");
});

test("the plane has four quarters and a centre", () => {
  const places = [
    [0.5, 0.5],
    [-0.5, 0.5],
    [-0.5, -0.5],
    [0.5, -0.5],
    [0.02, -0.02],
  ] as const;
  expect(places.map(([valence, arousal]) => quadrantOf(valence, arousal))).toEqual([
    "excited",
    "tense",
    "sad",
    "calm",
    "neutral",
  ]);
});

test("the lexicon says a place on the plane for each tag, and no tag twice", () => {
  expect(defaultMoodLexicon.size).toBeGreaterThan(300);
  for (const [tag, [valence, arousal]] of defaultMoodLexicon) {
    expect(tag).toBe(tag.toLowerCase().trim());
    expect(Math.max(Math.abs(valence), Math.abs(arousal))).toBeLessThanOrEqual(1);
  }
});

test("weights are learned from judged tracks, and then count as much as the lexicon", () => {
  const random = createSeededRandom(3);
  const truth: Readonly<Record<string, readonly [number, number]>> = {
    zorp: [0.6, 0],
    blim: [-0.5, 0.3],
    quux: [0, -0.7],
  };
  const samples: MoodSample[] = Array.from({ length: 400 }, () => {
    const names = Object.keys(truth).filter(() => random.next() < 0.5);
    const scale = 1 / Math.sqrt(names.length || 1);
    const sum = (axis: 0 | 1) => names.reduce((total, name) => total + scale * (truth[name]?.[axis] ?? 0), 0.1);
    const noise = () => (random.next() - 0.5) * 0.1;
    return { tags: names.map((name) => ({ name })), valence: sum(0) + noise(), arousal: sum(1) + noise() };
  });
  const weights = fitMoodWeights(samples, { ridge: 0.1 });
  expect((weights.tags["zorp"]?.[0] ?? 0) - (weights.tags["blim"]?.[0] ?? 0)).toBeCloseTo(1.1, 1);
  expect(weights.tags["quux"]?.[1]).toBeLessThan(-0.5);
  const plain = createMoodAnalyzer().judgeTags(["sad", "lonely", "zorp"]);
  const learned = createMoodAnalyzer({ weights: structuredClone(weights) }).judgeTags(["sad", "lonely", "zorp"]);
  expect(learned.valence).toBeGreaterThan(plain.valence ?? 0);
  expect(() => fitMoodWeights([])).toThrow("needs samples");
});
