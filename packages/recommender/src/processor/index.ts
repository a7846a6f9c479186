export {
  createAsyncProcessor,
  isTaskTimeout,
  type AsyncProcessor,
  type AsyncProcessorOptions,
  type ItemTasks,
  type ProcessingProgress,
  type ProcessOptions,
  type RateLimitedOptions,
} from "./async-processor.ts";
export type { PerformanceStats } from "./performance-stats.ts";
export { processMusicData, type ProcessMusicDataOptions } from "./process-music-data.ts";
export { resultsOf, TaskStatus, type Task, type TaskContext, type TaskFunction, type TaskState } from "./task.ts";
