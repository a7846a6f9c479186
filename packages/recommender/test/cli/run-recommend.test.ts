import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { createSeededRandom } from "@antiphon/std";
import { runRecommend } from "@antiphon/recommender/cli";
import { openSqliteHistoryStore } from "@antiphon/recommender/store";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "antiphon-recommend-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

interface RunOptions {
  readonly env?: Record<string, string>;
  readonly isTTY?: boolean;
  readonly signal?: AbortSignal;
}

async function run(argv: readonly string[], { env = {}, isTTY = false, signal }: RunOptions = {}) {
  let out = "";
  let err = "";
  const code = await runRecommend(argv, {
    stdout: { write: (text) => (out += text), isTTY },
    stderr: { write: (text) => (err += text), isTTY },
    cwd: folder,
    env,
    signal,
  });
  return { code, out, err };
}

const csvOf = (rows: number) =>
  `artist,track,uts\n${Array.from({ length: rows }, (_, index) => `A${index % 40},t${index % 700},${1_500_000_000 + index * 60}`).join("\n")}\n`;
const BROKEN = "artist,track,date\nA,one,20 Nov 2020 09:35\n,no artist,20 Nov 2020 09:36\n";

async function listensIn(database: string): Promise<number> {
  await using store = openSqliteHistoryStore({ path: join(folder, database) });
  return (await store.getUserStats("ada")).totalScrobbles;
}

describe("antiphon-recommend import", () => {
  const argv = ["import", "a.csv", "--database", "h.sqlite", "--user", "ada"];

  test("keeps an export, and each listen once", async () => {
    put("a.csv", csvOf(6_000));
    const first = await run(argv);
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toMatch(
      /^6,000 rows of csv, [\d,]+ rows\/s\n6,000 listens added, 0 known already, 0 ignored, 0 invalid\n$/,
    );
    const again = await run([...argv, "--json", "--skip-rows", "5000"]);
    expect(JSON.parse(again.out)).toMatchObject({ rows: 6_000, inserted: 0, duplicate: 1_000 });
    expect(await listensIn("h.sqlite")).toBe(6_000);
  });

  test("shows a bar with rows per second on a terminal only, with colour only where it is wanted", async () => {
    put("a.csv", csvOf(6_000));
    const { err } = await run(argv, { isTTY: true });
    expect(err).toMatch(/\r\u001B\[K\[\u001B\[36m#+\u001B\[39m\.*\] {1,3}\d+ % {2}5,000 rows, [\d,]+ rows\/s/);
    expect(err.endsWith("\r\u001B[K")).toBe(true);
    const plain = await run(argv, { isTTY: true, env: { NO_COLOR: "1" } });
    expect(plain.err).toMatch(/\[#+\] 100 % {2}6,000 rows/);
    expect(plain.err).not.toContain("\u001B[36m");
    expect((await run([...argv, "--quiet"], { isTTY: true })).err).toBe("");
  });

  test("ends with 1 when rows were no listens, and names their lines", async () => {
    put("a.csv", BROKEN);
    const { code, out } = await run(argv);
    expect(code).toBe(1);
    expect(out).toContain("1 listens added, 0 known already, 0 ignored, 1 invalid (1 noArtist)\n  line 3: noArtist\n");
  });

  test("an interruption keeps what is committed and says how to go on", async () => {
    put("a.csv", csvOf(12_000));
    const interruption = new AbortController();
    let err = "";
    const code = await runRecommend(argv, {
      stdout: { write: () => true },
      stderr: {
        isTTY: true,
        write(text) {
          err += text;
          if (text.includes("5,000 rows")) interruption.abort();
        },
      },
      cwd: folder,
      env: {},
      signal: interruption.signal,
    });
    expect(code).toBe(130);
    expect(err).toContain("5,000 rows are kept; go on behind them with --skip-rows 5000.\nInterrupted.\n");
    expect(await listensIn("h.sqlite")).toBe(5_000);
    expect((await run([...argv, "--skip-rows", "5000"])).out).toContain("7,000 listens added, 0 known already");
  });

  test("ends with 2 and a sentence when it cannot be done, and leaves no database behind", async () => {
    put("letter.txt", "To whom it may concern,\nthis is a letter.\n");
    put("taken", "a file where a folder is wanted");
    for (const [args, message] of [
      [[], "What shall be done?"],
      [["play"], 'no command "play"'],
      [["import"], "needs a FILE"],
      [["import", "a", "b"], "One file at a time"],
      [["import", "a"], "needs --database"],
      [["import", "a", "--database", "d", "--user", ""], "--user must not be empty"],
      [["import", "a", "--database", "d", "--format", "xml"], "--format must be one of csv, listenBrainz"],
      [["import", "a", "--database", "d", "--skip-rows", "-1"], "--skip-rows"],
      [["import", "none", "--database", "d"], "RECOMMENDER_IMPORT_UNREADABLE"],
      [["import", "letter.txt", "--database", "taken/d"], "RECOMMENDER_STORE_UNAVAILABLE"],
      [
        ["import", "letter.txt", "--database", "postgresql://ada:hunter2@127.0.0.1:1/d"],
        "RECOMMENDER_STORE_UNAVAILABLE",
      ],
      [["import", "letter.txt", "--database", ":memory:"], "RECOMMENDER_IMPORT_FORMAT_UNKNOWN"],
      [["evaluate"], "needs a FILE"],
      [["evaluate", "a", "--model", "magic"], "--model must be one of neighbours, band, factors"],
      [["evaluate", "a", "--cutoff", "0"], "--cutoff must be a whole number from 1 on"],
      [["evaluate", "a", "--test-ratio", "1"], "--test-ratio must be between 0 and 1"],
      [["evaluate", "none"], "RECOMMENDER_IMPORT_UNREADABLE"],
    ] as const) {
      const { code, out, err } = await run(args);
      expect([code, out], args.join(" ")).toEqual([2, ""]);
      expect(err).toContain(message);
      expect(err).not.toContain("hunter2");
    }
    expect(existsSync(join(folder, "d"))).toBe(false);
  });
});

describe("antiphon-recommend evaluate", () => {
  /** Listeners of two tastes, in the SQLite history of a bot. */
  async function drawHistory(path: string): Promise<void> {
    const random = createSeededRandom(5);
    await using store = openSqliteHistoryStore({ path: join(folder, path) });
    for (let listener = 0; listener < 30; listener++) {
      const own = Array.from({ length: 30 }, (_, track) => ({
        artist: `artist ${listener % 2} ${track % 6}`,
        title: `t${track}`,
      }));
      const heard = random.shuffle(own).slice(0, 20);
      await store.recordScrobbles(
        `listener ${listener}`,
        heard.map(({ artist, title }, index) => ({
          track: { artist, title, durationMs: null, identifier: title },
          startedAtMs: index * 60_000,
        })),
      );
    }
  }

  test("prints every figure beside the rivals', and how repeats count", async () => {
    await drawHistory("h.sqlite");
    const { code, out, err } = await run(["evaluate", "h.sqlite", "--cutoff", "10"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("30 listeners; the last 20.0 % of each history, foretold by what was before it; top 10.");
    expect(out).toContain("Repeats are dropped: what a listener had heard before does not count.");
    expect(out).toMatch(/\n {16,}neighbours +most popular +recently played\n/);
    for (const name of [
      "hit ratio",
      "recall",
      "NDCG",
      "MRR",
      "coverage",
      "novelty, bits",
      "diversity",
      "repetition",
      "popularity bias",
      "latency, p50",
      "latency, p99",
    ])
      expect(out).toMatch(new RegExp(`^${name} +[-\\d.]+( %| ms)? +[-\\d.]+( %| ms)? +[-\\d.]+( %| ms)?$`, "m"));
    expect(out).not.toContain("\u001B");
    const [, model, popular] = /^recall +(\S+) +(\S+)/m.exec(out) ?? [];
    expect(Number(model)).toBeGreaterThan(1.5 * Number(popular));
  });

  test.each(["neighbours", "band", "factors"])("measures the model %s, also with repeats, as JSON", async (model) => {
    await drawHistory("h.sqlite");
    const { code, out } = await run([
      "evaluate",
      "h.sqlite",
      "--model",
      model,
      "--repeats",
      "--test-ratio",
      "0.3",
      "--json",
    ]);
    expect(code).toBe(0);
    const evaluation = JSON.parse(out) as Record<string, { readonly recall: number }>;
    expect(Object.keys(evaluation)).toEqual(["model", "mostPopular", "recentlyPlayed"]);
    expect(evaluation["model"]).toMatchObject({ users: 30, cutoff: 20, repeats: "counted" });
    expect(evaluation["model"]?.recall).toBeGreaterThan(0.3);
  });

  test("takes exports, one for each listener, and says when there is nothing to foretell", async () => {
    put("ada.csv", csvOf(700));
    put("bea.csv", csvOf(500));
    expect((await run(["evaluate", "ada.csv", "bea.csv"], { isTTY: true })).out).toContain("2 listeners;");
    put("short.csv", csvOf(1));
    expect(await run(["evaluate", "short.csv"])).toMatchObject({
      code: 1,
      err: expect.stringContaining("No listener"),
    });
  });

  test("does not touch somebody else's database", async () => {
    const path = join(folder, "foreign.sqlite");
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE bookmark (url TEXT)");
    expect(await run(["evaluate", "foreign.sqlite"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("no listening history"),
    });
    expect(database.prepare("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "bookmark" }]);
    database.close();
  });

  test("ends with its signal", async () => {
    await drawHistory("h.sqlite");
    const signal = AbortSignal.abort();
    expect(await run(["evaluate", "h.sqlite"], { signal })).toEqual({ code: 130, out: "", err: "Interrupted.\n" });
  });
});

describe("the program", () => {
  const bin = fileURLToPath(new URL("../../src/bin.ts", import.meta.url));
  const node = ["--conditions=@antiphon/source", bin];

  test("helps", () => {
    const { status, stdout } = spawnSync(process.execPath, [...node, "--help"], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: antiphon-recommend evaluate FILE/);
    expect(stdout).toContain("Exit codes: 0 done");
  });

  test("ends with 130 on Ctrl-C, with whole batches kept", async () => {
    put("a.csv", csvOf(800_000));
    const argv = [...node, "import", "a.csv", "--database", "h.sqlite", "--user", "ada"];
    const child = spawn(process.execPath, argv, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    const ended = once(child, "close");
    await expect.poll(() => existsSync(join(folder, "h.sqlite-wal")), { timeout: 60_000 }).toBe(true);
    child.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    expect(err).toContain("Interrupted.\n");
    expect((await listensIn("h.sqlite")) % 5_000).toBe(0);
  });
});
