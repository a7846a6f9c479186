export { runRecommend } from "./run-recommend.ts";
export type { RecommendIo } from "./recommend-io.ts";
