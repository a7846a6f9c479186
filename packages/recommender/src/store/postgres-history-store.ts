import { describeError } from "@antiphon/std";
import type { Pool, PoolClient } from "pg";
import { RecommenderError } from "../error.ts";
import { createHistoryStore } from "./create-history-store.ts";
import { SESSION_GAP_MS, type HistoryStore } from "./history-store.ts";
import { postgresMigrations } from "./migrations.ts";
import { createPostgresDriver } from "./postgres-driver.ts";

/** Options of {@link openPostgresHistoryStore}. */
export interface PostgresHistoryStoreOptions {
  /** Where the database is: `postgresql://user:password@host:port/database`. It never appears in a message whole. */
  readonly url: string;
  /** The schema that holds the tables, made when missing: small letters, digits and underscores. Defaults to `antiphon_recommender`. */
  readonly schema?: string;
  /** How many connections are held at the most. Defaults to 8. */
  readonly connectionLimit?: number;
  /** Two plays further apart than this do not follow one another. Defaults to 30 minutes. */
  readonly sessionGapMs?: number;
}

const INT8 = 20;
const NUMERIC = 1_700;
/** Any number, as long as every process that migrates takes the same. */
const MIGRATION_LOCK = 7_237_901_441;

/**
 * Opens a history in PostgreSQL 15 or later, which any number of processes share. Needs the package `pg` beside this one.
 *
 * @throws RecommenderError RECOMMENDER_STORE_UNAVAILABLE when the server cannot be reached or `pg` is missing,
 * RECOMMENDER_STORE_TOO_NEW when a later version of this package has made the tables
 */
export async function openPostgresHistoryStore(options: PostgresHistoryStoreOptions): Promise<HistoryStore> {
  const { schema = "antiphon_recommender", sessionGapMs = SESSION_GAP_MS } = options;
  const place = describePlace(options.url);
  let pool: Pool | undefined;
  try {
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new Error(`${schema} is no name for a schema`);
    pool = await createPool(options, schema);
    // An idle connection that breaks is replaced by the pool; whoever uses one hears of it from the query.
    pool.on("error", () => undefined);
    const client = await pool.connect();
    try {
      await migrate(client, schema, place);
    } finally {
      client.release();
    }
    return createHistoryStore(createPostgresDriver(pool, place), sessionGapMs);
  } catch (error) {
    await pool?.end();
    if (error instanceof RecommenderError) throw error;
    throw new RecommenderError(
      "RECOMMENDER_STORE_UNAVAILABLE",
      `Cannot open the listening history at ${place}: ${describeError(error)}. Check that the server runs, that the URL is right and that pg is installed.`,
      { cause: error, retryable: true, details: { place } },
    );
  }
}

async function createPool({ url, connectionLimit = 8 }: PostgresHistoryStoreOptions, schema: string): Promise<Pool> {
  const { default: pg } = await import("pg");
  return new pg.Pool({
    connectionString: url,
    max: connectionLimit,
    options: `-c search_path=${schema}`,
    // Counts and times are far below what a number holds exactly; pg would give them as texts.
    types: {
      getTypeParser: ((oid: number, format?: "text" | "binary") =>
        oid === INT8 || oid === NUMERIC
          ? Number
          : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  });
}

function describePlace(url: string): string {
  if (!URL.canParse(url)) return "a URL that is none";
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

async function migrate(client: PoolClient, schema: string, place: string): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await client.query("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
    const { rows } = await client.query<{ version: number }>("SELECT version FROM schema_version");
    const version = rows[0]?.version ?? 0;
    if (version > postgresMigrations.length) {
      throw new RecommenderError(
        "RECOMMENDER_STORE_TOO_NEW",
        `The listening history at ${place} has version ${version}, this package knows ${postgresMigrations.length}. Update the package.`,
        { details: { place, version } },
      );
    }
    for (const sql of postgresMigrations.slice(version)) await client.query(sql);
    await client.query("DELETE FROM schema_version");
    await client.query("INSERT INTO schema_version VALUES ($1)", [postgresMigrations.length]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
