import {
  createAsyncProcessor,
  type AsyncProcessorOptions,
  type ItemTasks,
  type ProcessOptions,
} from "./async-processor.ts";
import type { TaskFunction } from "./task.ts";

/** Options of {@link processMusicData}. */
export interface ProcessMusicDataOptions extends AsyncProcessorOptions, ProcessOptions {}

/** Enriches tracks side by side with the caller's function, in a processor of its own; gives all tasks in the tracks' order. */
export async function processMusicData<Track, Result>(
  tracks: readonly Track[],
  enrich: TaskFunction<readonly [Track], Result>,
  options: ProcessMusicDataOptions = {},
): Promise<ItemTasks<Track, Result>> {
  await using processor = createAsyncProcessor({ maxPending: tracks.length, ...options });
  return await processor.processTracksParallel(tracks, enrich, options);
}
