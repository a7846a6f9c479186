export { createAsyncProfiler, type AsyncProfiler, type TaskStats } from "./async-profiler.ts";
export {
  createProfiler,
  profileHeap,
  type AllocationSite,
  type HeapProfileOptions,
  type HotFunction,
  type Profiler,
  type ProfileResult,
  type ProfilerOptions,
} from "./profiler.ts";
