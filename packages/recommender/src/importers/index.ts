export type { ByteSource } from "./decode-text.ts";
export {
  importCsv,
  importHistory,
  type ImportHistoryOptions,
  type ImportProgress,
  type ImportReport,
} from "./import-history.ts";
export type { RowProblem } from "./import-row.ts";
export type { HistoryFormat } from "./read-history.ts";
