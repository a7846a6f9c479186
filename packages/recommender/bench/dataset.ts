import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Adjacency } from "../src/model/adjacency.ts";
import { interactionsOf, type Interactions } from "../src/model/interactions.ts";

/** A published split: what the model sees, and what it must find. */
export interface Dataset {
  readonly train: Interactions;
  readonly test: ReadonlyMap<string, readonly string[]>;
}

/** Pairs of numbers; for each user the items in the order of the file. */
type Lists = Map<number, number[]>;

/** Lines of `user item item …`. */
function readLists(file: string): Lists {
  const lists: Lists = new Map();
  for (const line of gunzipSync(readFileSync(file)).toString("latin1").split("\n")) {
    const [user, ...items] = line.split(" ");
    if (user !== undefined && user !== "") lists.set(Number(user), items.filter(Boolean).map(Number));
  }
  return lists;
}

/** Lines of `user<TAB>item<TAB>weight`. */
function readPairs(file: string): Lists {
  const lists: Lists = new Map();
  for (const line of gunzipSync(readFileSync(file)).toString("latin1").split("\n")) {
    const [user, item] = line.split("\t").map(Number);
    if (user === undefined || item === undefined || Number.isNaN(user)) continue;
    const list = lists.get(user) ?? [];
    list.push(item);
    lists.set(user, list);
  }
  return lists;
}

/** Reads a split; `ordered` takes the file that keeps the order of each user's items, where there is one. */
export function readDataset(name: string, folder: string, ordered: boolean): Dataset {
  const read = name === "lightgcn-lastfm" ? readPairs : readLists;
  const [trainFile, testFile] =
    name === "lightgcn-lastfm"
      ? ["data1.txt.gz", "test1.txt.gz"]
      : [ordered ? "train-ordered.txt.gz" : "train.txt.gz", "test.txt.gz"];
  const train = read(join(folder, trainFile));
  const test = read(join(folder, testFile));
  return toDataset(train, test);
}

/** The same, with the last 15 % of each user's train list in the place of the test: where parameters are chosen. */
export function readValidation(name: string, folder: string, ordered: boolean): Dataset {
  const { train } = readDataset(name, folder, true);
  const head: Lists = new Map();
  const tail: Lists = new Map();
  for (let user = 0; user < train.itemsOf.nodeCount; user++) {
    const items = [...train.itemsOf.list(user)];
    const cut = items.length - Math.max(1, Math.round(items.length * 0.15));
    head.set(user, ordered ? items.slice(0, cut) : items.slice(0, cut).sort((left, right) => left - right));
    tail.set(user, items.slice(cut));
  }
  return toDataset(head, tail);
}

function toDataset(train: Lists, test: Lists): Dataset {
  const userCount = 1 + [...train.keys(), ...test.keys()].reduce((most, user) => Math.max(most, user), 0);
  let itemCount = 0;
  for (const lists of [train, test]) {
    for (const items of lists.values()) for (const item of items) itemCount = Math.max(itemCount, item + 1);
  }
  const names = (count: number) => Array.from({ length: count }, (_, index) => String(index));
  const lengths = Int32Array.from({ length: userCount }, (_, user) => train.get(user)?.length ?? 0);
  const pool = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let end = 0;
  for (let user = 0; user < userCount; user++) {
    const items = train.get(user) ?? [];
    pool.set(items, end);
    end += items.length;
  }
  return {
    train: interactionsOf(names(userCount), names(itemCount), new Adjacency(lengths, pool)),
    test: new Map([...test].map(([user, items]) => [String(user), items.map(String)])),
  };
}
