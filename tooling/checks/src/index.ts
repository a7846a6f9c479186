export { changesetsCheck } from "./changesets.ts";
export type { Check, CheckResult } from "./check.ts";
export { examplesCheck } from "./examples.ts";
export { floorsCheck } from "./floors.ts";
export { packageShapeCheck } from "./package-shape.ts";
export { readWorkspace, type Workspace } from "./workspace.ts";
