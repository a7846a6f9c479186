import { systemClock } from "@antiphon/std";
import { fitInThread, type BuildModelOptions } from "./build-model.ts";
import { addInteraction } from "./interactions.ts";
import { createRanker, type Ranker, type Ranking } from "./ranker.ts";
import { createRowCache, type RowCache } from "./row-cache.ts";
import {
  fromInteractionData,
  toInteractionData,
  type FittedParts,
  type InteractionData,
  type ModelSnapshot,
} from "./model-snapshot.ts";
import type { ModelParameters } from "./model-parameters.ts";

/** Options of {@link createLiveModel}. */
export interface LiveModelOptions {
  /** How many outdated rows one question brings up to date; a costly row counts as several. Defaults to 16. */
  readonly refreshLimit?: number | undefined;
  /** How many rows that have changed since the build are kept in memory. Defaults to 4,096. */
  readonly keepLimit?: number | undefined;
}

/** A question to {@link LiveModel}. */
export interface ModelQuestion {
  /** How many picks at the most. Defaults to 20. */
  readonly limit?: number | undefined;
  /** Whether items that the listener knows may come back. Defaults to false. */
  readonly allowKnown?: boolean | undefined;
  /** Items that must not be picked. */
  readonly exclude?: Iterable<string> | undefined;
}

/** An item and how strongly it is recommended; scores are comparable within one answer. */
export interface ModelPick {
  readonly itemId: string;
  readonly score: number;
}

/** A model that serves while it learns: each play counts at once, and a rebuilt model takes over between two questions. */
export interface LiveModel {
  /** When what is served was built, in milliseconds since the Unix epoch. */
  readonly builtAtMs: number;
  readonly userCount: number;
  readonly itemCount: number;
  /** Rows of items that plays since the build have touched and that no question has brought up to date yet. */
  readonly outdatedRows: number;
  /** Adds one play; false when the listener had the item already, which then becomes their latest. */
  addPlay(userId: string, itemId: string): boolean;
  /** What a listener may like, best first; nothing for one who is not known. */
  recommend(userId: string, question?: ModelQuestion): readonly ModelPick[];
  /** The same for anyone who heard these items, oldest first: a new listener, a seed, a whole room. */
  recommendFor(itemIds: readonly string[], question?: ModelQuestion): readonly ModelPick[];
  /** Which of these items speak most for a pick, strongest first: "because you played …". */
  because(itemIds: readonly string[], pickedItemId: string, limit?: number): readonly ModelPick[];
  /** A listener's items, oldest first. */
  historyOf(userId: string): readonly string[];
  /** Computes the model afresh in a thread, from the plays as they are now, and lets it take over. */
  rebuild(options?: BuildModelOptions): Promise<ModelSnapshot>;
  /** Lets a model take over that was built elsewhere. What was played since its own plays is lost to it. */
  replace(snapshot: ModelSnapshot): void;
}

interface Serving {
  readonly builtAtMs: number;
  readonly parameters: ModelParameters;
  readonly interactions: ReturnType<typeof fromInteractionData>;
  readonly rows: RowCache;
  readonly ranker: Ranker;
}

/** Builds a {@link LiveModel} that begins with a snapshot. */
export function createLiveModel(snapshot: ModelSnapshot, options: LiveModelOptions = {}): LiveModel {
  const { refreshLimit = 16, keepLimit = 4_096 } = options;
  const serve = (
    interactions: Serving["interactions"],
    { builtAtMs, parameters, parts }: Pick<ModelSnapshot, "builtAtMs" | "parameters" | "parts">,
  ): Serving => {
    const rows = createRowCache(interactions, parameters.items, parts.rows, { refreshLimit, keepLimit });
    const { rowOf } = rows;
    const ranker = createRanker({ interactions, parameters, rowOf, band: parts.band, factors: parts.factors });
    return { builtAtMs, parameters, interactions, rows, ranker };
  };
  let serving = serve(fromInteractionData(snapshot.interactions), snapshot);
  /** The items that plays touch while a rebuild runs; each rebuild has its own. */
  const watchers = new Set<Set<number>>();

  const answer = (history: Int32Array, question: ModelQuestion, self?: number): readonly ModelPick[] => {
    const { limit = 20, allowKnown = false } = question;
    const excluded = new Set(question.exclude);
    serving.rows.beginQuestion();
    const ranking = serving.ranker.rank(history, { limit: limit + excluded.size, self, allowKnown });
    return picksOf(ranking, serving.interactions.items.ids, excluded, limit);
  };
  const indexesOf = (itemIds: readonly string[]): Int32Array =>
    Int32Array.from(itemIds.flatMap((id) => serving.interactions.items.indexOf(id) ?? []));

  return {
    get builtAtMs() {
      return serving.builtAtMs;
    },
    get userCount() {
      return serving.interactions.users.ids.length;
    },
    get itemCount() {
      return serving.interactions.items.ids.length;
    },
    get outdatedRows() {
      return serving.rows.outdated;
    },
    addPlay(userId, itemId) {
      const { user, isNew } = addInteraction(serving.interactions, userId, itemId);
      if (!isNew) return false;
      for (const item of serving.interactions.itemsOf.list(user)) {
        serving.rows.markOutdated(item);
        for (const watcher of watchers) watcher.add(item);
      }
      return true;
    },
    recommend(userId, question = {}) {
      const { users, itemsOf } = serving.interactions;
      const user = users.indexOf(userId);
      return user === undefined ? [] : answer(itemsOf.list(user), question, user);
    },
    recommendFor: (itemIds, question = {}) => answer(indexesOf([...new Set(itemIds)]), question),
    because(itemIds, pickedItemId, limit = 3) {
      const { items, usersOf } = serving.interactions;
      const picked = items.indexOf(pickedItemId);
      const shares = itemIds.flatMap((itemId, at) => {
        const item = items.indexOf(itemId);
        if (item === undefined || item === picked) return [];
        const { targets, weights } = serving.rows.rowOf(item);
        const weight = weights[targets.indexOf(picked ?? -1)] ?? 0;
        const degree = (usersOf.lengths[item] as number) ** -serving.parameters.items.sourceDegreeExponent;
        const recency = (itemIds.length - at) ** -serving.parameters.recencyExponent;
        return weight > 0 ? [{ itemId, score: weight * degree * recency }] : [];
      });
      return shares.sort((left, right) => right.score - left.score).slice(0, limit);
    },
    historyOf(userId) {
      const { users, items, itemsOf } = serving.interactions;
      const user = users.indexOf(userId);
      return user === undefined ? [] : Array.from(itemsOf.list(user), (item) => items.ids[item] ?? "");
    },
    async rebuild(buildOptions = {}) {
      const { parameters = serving.parameters, clock = systemClock } = buildOptions;
      const builtAtMs = clock.now();
      const { interactions: source } = serving;
      const interactions: InteractionData = toInteractionData(source);
      const touched = new Set<number>();
      watchers.add(touched);
      try {
        const parts: FittedParts = await fitInThread({ interactions, parameters }, buildOptions);
        // Plays went on meanwhile. Numbers of items never change, so what was built fits the plays of now; unless another
        // model with numbers of its own took over, and then that one stays.
        if (serving.interactions === source) {
          serving = serve(source, { builtAtMs, parameters, parts });
          for (const item of touched) serving.rows.markOutdated(item);
        }
        return { builtAtMs, parameters, interactions, parts };
      } finally {
        watchers.delete(touched);
      }
    },
    replace(next) {
      serving = serve(fromInteractionData(next.interactions), next);
    },
  };
}

function picksOf(
  { items, scores }: Ranking,
  ids: readonly string[],
  excluded: ReadonlySet<string>,
  limit: number,
): readonly ModelPick[] {
  const picks: ModelPick[] = [];
  for (let index = 0; index < items.length && picks.length < limit; index++) {
    const itemId = ids[items[index] as number] as string;
    if (!excluded.has(itemId)) picks.push({ itemId, score: scores[index] as number });
  }
  return picks;
}
