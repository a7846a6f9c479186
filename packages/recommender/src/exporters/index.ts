export { exportHistory, type ExportHistoryOptions, type HistoryExportFormat } from "./export-history.ts";
export { exportOwnData } from "./export-own-data.ts";
