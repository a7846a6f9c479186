import { isAntiphonError } from "@antiphon/std";

/** The path that a builder's error names, "built" when it throws nothing, or the code of any other error. */
export function errorPath(build: () => unknown): unknown {
  try {
    build();
  } catch (error) {
    if (!isAntiphonError(error)) return error;
    return error.code === "CORE_BUILDER_INVALID" ? error.details["path"] : error.code;
  }
  return "built";
}
