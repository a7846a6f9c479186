import { isSnowflake, type Snowflake } from "@antiphon/protocol/discord";
import { CoreError } from "./core-error.ts";

/** Checks a number among the options against its least value. @throws {@link CoreError} `CORE_OPTION_INVALID` */
export function checkOption(operation: string, option: string, value: number, minimum: number): void {
  if (value >= minimum) return;
  throw new CoreError("CORE_OPTION_INVALID", `${operation}: ${option} is ${value}; it must be at least ${minimum}.`, {
    details: { path: option, value, minimum },
  });
}

/** Gives an id that may stand in a path; a text that a user typed may be no id. @throws {@link CoreError} `CORE_OPTION_INVALID` */
export function checkId(operation: string, option: string, id: Snowflake): Snowflake {
  if (typeof id === "string" && isSnowflake(id)) return id;
  const given = typeof id === "string" ? JSON.stringify(id.slice(0, 40)) : `a ${typeof id}`;
  throw new CoreError("CORE_OPTION_INVALID", `${operation}(): ${option} is ${given}; an id is digits in a text.`, {
    details: { path: option },
  });
}
