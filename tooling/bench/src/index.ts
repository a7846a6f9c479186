export {
  defineBench,
  type Bar,
  type Bench,
  type BenchContext,
  type BenchOptions,
  type Contender,
} from "./define-bench.ts";
export { measureProcess, type ProcessMeasure } from "./measure-process.ts";
