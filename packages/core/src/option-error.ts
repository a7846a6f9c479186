import { CoreError } from "./core-error.ts";

/** Checks a number among the options against its least value. @throws {@link CoreError} `CORE_OPTION_INVALID` */
export function checkOption(operation: string, option: string, value: number, minimum: number): void {
  if (value >= minimum) return;
  throw new CoreError("CORE_OPTION_INVALID", `${operation}: ${option} is ${value}; it must be at least ${minimum}.`, {
    details: { path: option, value, minimum },
  });
}
