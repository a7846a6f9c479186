import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importCsv } from "../src/importers/import-history.ts";
import { openSqliteHistoryStore } from "../src/store/sqlite-history-store.ts";

/** What one run says, as JSON on its standard output. */
export interface ImportFigures {
  readonly rowsPerCpuSecond: number;
  readonly peakMegabytes: number;
}

const ROWS_A_PIECE = 1_000;
const TRACKS = 100_000;

/** Writes a Last.fm export: an album, an artist and a title each row, a hundred thousand tracks, some played far more than others. */
function drawCsv(path: string, rows: number): void {
  appendFileSync(path, "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n");
  for (let row = 0; row < rows; row += ROWS_A_PIECE) {
    let text = "";
    for (let at = row; at < Math.min(rows, row + ROWS_A_PIECE); at++) {
      const track = Math.floor((((at * 2_654_435_761) % 4_294_967_296) ** 2 / 4_294_967_296 ** 2) * TRACKS);
      text += `"${1_300_000_000 + at * 180}","01 Jan 2020, 00:00","Artist ${track % 5_000}","","Album ${track % 20_000}","","Title ${track}",""\n`;
    }
    appendFileSync(path, text);
  }
}

const [rowsText, drawnPath] = process.argv.slice(2);
const rows = Number(rowsText);
if (drawnPath !== undefined) {
  drawCsv(drawnPath, rows);
  process.exit();
}
const folder = mkdtempSync(join(tmpdir(), "antiphon-import-bench-"));
try {
  await using store = openSqliteHistoryStore({ path: join(folder, "history.sqlite") });
  const path = join(folder, "scrobbles.csv");
  // In a process of its own, whose memory does not count.
  execFileSync(process.execPath, ["--conditions=@antiphon/source", import.meta.filename, String(rows), path]);
  const before = process.cpuUsage();
  const report = await importCsv(path, { store, userId: "listener" });
  const { user, system } = process.cpuUsage(before);
  if (report.inserted !== rows) throw new Error(`${report.inserted} of ${rows} rows came in`);
  const figures: ImportFigures = {
    rowsPerCpuSecond: rows / ((user + system) / 1e6),
    peakMegabytes: process.resourceUsage().maxRSS / 1_024,
  };
  console.log(JSON.stringify(figures));
} finally {
  rmSync(folder, { recursive: true });
}
