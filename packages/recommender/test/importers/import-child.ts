import { importCsv } from "../../src/importers/import-history.ts";
import { openSqliteHistoryStore } from "../../src/store/sqlite-history-store.ts";

// Imports a CSV file into an SQLite file and says on its standard output, a line each, what is committed.
// When it is to be killed after so many of them, it waits for that at the next one: on a crowded machine it would be done before.
const [databasePath = "", csvPath = "", killAfter = ""] = process.argv.slice(2);
await using store = openSqliteHistoryStore({ path: databasePath });
let said = 0;
const say = (report: object) => {
  process.stdout.write(`${JSON.stringify(report)}\n`);
  if (++said > Number(killAfter)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
say(await importCsv(csvPath, { store, userId: "ada", onProgress: say }));
