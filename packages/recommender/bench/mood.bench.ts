import { defineBench, type Bar, type Bench } from "@antiphon/bench";
import { measureMood, type MoodFigures, type MoodJudge } from "./mood-run.ts";

const measured = new Map<MoodJudge, MoodFigures>();

function figuresOf(judge: MoodJudge, folder: string): MoodFigures {
  const figures = measured.get(judge) ?? measureMood(judge, folder);
  measured.set(judge, figures);
  return figures;
}

const units: Readonly<Record<keyof MoodFigures, string>> = {
  valence: "correlation, valence",
  arousal: "correlation, arousal",
  toldShare: "of the tracks with a mood",
  quadrantShare: "of the moods in the right quarter",
};

function figure(judge: MoodJudge, key: keyof MoodFigures, bar: Bar, rival: MoodJudge = "shuffled"): Bench {
  return defineBench({
    name: "mood of Deezer's test tracks by the tags of their artists",
    unit: units[key],
    data: "deezer-mood",
    subject: { name: judge, measure: ({ dataFolder }) => figuresOf(judge, dataFolder)[key] },
    rival: { name: rival, measure: ({ dataFolder }) => figuresOf(rival, dataFolder)[key] },
    bar,
    note: "Tags of HetRec's Last.fm data; an unknown mood counts as the middle. Shuffled: the lexicon's words at each other's places.",
  });
}

export const lexiconValence = figure("lexicon", "valence", { atLeast: 0.3 });
export const lexiconArousal = figure("lexicon", "arousal", { atLeast: 0.28 });
export const lexiconTold = figure("lexicon", "toldShare", { atLeast: 0.85 });
export const lexiconQuadrant = figure("lexicon", "quadrantShare", { atLeastTimesRival: 1.2 });
export const learnedValence = figure("learned", "valence", { atLeastTimesRival: 1 }, "lexicon");
export const learnedArousal = figure("learned", "arousal", { atLeastTimesRival: 1 }, "lexicon");
export const bothValence = figure("both", "valence", { atLeastTimesRival: 1 }, "lexicon");
export const bothArousal = figure("both", "arousal", { atLeastTimesRival: 1 }, "lexicon");
