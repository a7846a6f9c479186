export { changesetsCheck } from "./changesets.ts";
export type { Check, CheckResult } from "./check.ts";
export { floorsCheck } from "./floors.ts";
export { packageShapeCheck } from "./package-shape.ts";
export { readmeExamplesCheck } from "./readme-examples.ts";
export { readWorkspace, type Workspace } from "./workspace.ts";
