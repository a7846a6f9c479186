export { runRecommend, type RecommendIo } from "./run-recommend.ts";
