import { describeWith, startPostgres, type ServerProcess } from "@antiphon/services";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importHistory } from "../importers/import-history.ts";
import { describeHistoryStore, playOf } from "./history-store.contract.ts";
import { describeListeningLog } from "./listening-log.contract.ts";
import { openPostgresHistoryStore } from "./postgres-history-store.ts";

test("a server that is not there is named without its password", async () => {
  const url = "postgresql://somebody:hunter2@127.0.0.1:1/music";
  await expect(openPostgresHistoryStore({ url })).rejects.toMatchObject({
    code: "RECOMMENDER_STORE_UNAVAILABLE",
    message: expect.not.stringContaining("hunter2"),
  });
});

describeWith("postgresql", "PostgreSQL", () => {
  let server: ServerProcess;
  let schemas = 0;
  const newSchema = () => `history_${schemas++}`;
  beforeAll(async () => {
    server = await startPostgres();
  }, 300_000);
  afterAll(() => server.close());

  describeHistoryStore("PostgreSQL", () => openPostgresHistoryStore({ url: server.url, schema: newSchema() }));

  describeListeningLog("PostgreSQL", () => openPostgresHistoryStore({ url: server.url, schema: newSchema() }));

  test("several processes make the tables once, and share them", async () => {
    const options = { url: server.url, schema: newSchema(), connectionLimit: 2 };
    const stores = await Promise.all([1, 2, 3].map(() => openPostgresHistoryStore(options)));
    const kept = await Promise.all(stores.map((store) => store.recordPlay(playOf())));
    expect(kept.filter(Boolean)).toHaveLength(1);
    const scrobbles = Array.from({ length: 3_000 }, (_, index) => ({
      track: playOf({ title: `title ${(index * 7) % 900}` }).track,
      startedAtMs: index * 60_000,
    }));
    const counts = await Promise.all(
      stores.map((store, index) => store.recordScrobbles("ada", index === 1 ? scrobbles.toReversed() : scrobbles)),
    );
    expect(counts.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(3_000);
    expect((await stores[0]?.getUserStats("ada"))?.totalScrobbles).toBe(3_000);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("forgetting somebody while others import loses nothing of theirs", async () => {
    const options = { url: server.url, schema: newSchema(), connectionLimit: 4 };
    await using store = await openPostgresHistoryStore(options);
    const scrobbles = Array.from({ length: 500 }, (_, index) => ({
      track: playOf({ title: `title ${index}` }).track,
      startedAtMs: index * 60_000,
    }));
    await store.recordScrobbles("leaving", scrobbles);
    const staying = ["ada", "bea", "cem"];
    await Promise.all([
      ...staying.map((userId) => store.recordScrobbles(userId, scrobbles)),
      store.forgetListener("leaving"),
    ]);
    for (const userId of staying) expect(await Array.fromAsync(store.listens(userId))).toHaveLength(500);
  });

  test("a server whose disk is full refuses what it cannot keep whole, and an import goes on when there is room", async () => {
    const schema = newSchema();
    await using store = await openPostgresHistoryStore({ url: server.url, schema });
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    // What the server itself says when it cannot extend a table, here after the first batch.
    await client.query(`
      SET search_path = ${schema};
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON scrobble FOR EACH ROW
        WHEN (NEW.started_at_ms >= 1500000000000 + 7000 * 60000) EXECUTE FUNCTION refuse();`);
    const rows = Array.from({ length: 12_000 }, (_, index) => `A,t${index % 90},${1_500_000_000 + index * 60}`);
    const csv = [new TextEncoder().encode(`artist,track,uts\n${rows.join("\n")}`)];
    await expect(importHistory(csv, { store, userId: "ada" })).rejects.toMatchObject({
      code: "RECOMMENDER_STORE_FULL",
      retryable: true,
    });
    expect((await store.getUserStats("ada")).totalScrobbles).toBe(5_000);
    await client.query("DROP TRIGGER full_disk ON scrobble");
    await client.end();
    expect(await importHistory(csv, { store, userId: "ada" })).toMatchObject({ inserted: 7_000, duplicate: 5_000 });
  });

  test("tables from a newer version, and a schema that has no name, are refused", async () => {
    const schema = newSchema();
    await (await openPostgresHistoryStore({ url: server.url, schema })).close();
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(`UPDATE ${schema}.schema_version SET version = 99`);
    await client.end();
    await expect(openPostgresHistoryStore({ url: server.url, schema })).rejects.toMatchObject({
      code: "RECOMMENDER_STORE_TOO_NEW",
    });
    await expect(openPostgresHistoryStore({ url: server.url, schema: "x; DROP" })).rejects.toMatchObject({
      code: "RECOMMENDER_STORE_UNAVAILABLE",
    });
  });
});
