import { RobotFailure } from "./robot-failure.ts";

/** Reads the arguments of a command by any of the names that senders give them. */
export interface CommandArguments {
  text(...names: readonly string[]): string;
  optionalText(...names: readonly string[]): string | undefined;
  number(...names: readonly string[]): number;
  optionalNumber(...names: readonly string[]): number | undefined;
  flag(fallback: boolean, ...names: readonly string[]): boolean;
  texts(...names: readonly string[]): readonly string[];
  fields(...names: readonly string[]): Readonly<Record<string, unknown>>;
  /** Where an item goes: a uid, `prepend` or `append`; kryten's `start`, `end` and numbers as text are understood. */
  place(...names: readonly string[]): number | "prepend" | "append";
}

/** Builds {@link CommandArguments}; each throws RobotFailure ROBOT_ARGUMENT_INVALID that names what is wrong. */
export function readArguments(args: Readonly<Record<string, unknown>>): CommandArguments {
  const find = (names: readonly string[]): unknown => {
    for (const name of names) {
      const value = Object.hasOwn(args, name) ? args[name] : undefined;
      if (value !== undefined && value !== null) return value;
    }
    return undefined;
  };
  const wrong = (names: readonly string[], wanted: string): RobotFailure =>
    new RobotFailure("ROBOT_ARGUMENT_INVALID", `The argument ${names[0]} must be ${wanted}.`);
  const toNumber = (value: unknown): number => {
    if (typeof value === "number") return value;
    return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  };
  const reader: CommandArguments = {
    text(...names) {
      const value = find(names);
      if (typeof value === "string") return value;
      throw wrong(names, "a text");
    },
    optionalText: (...names) => (find(names) === undefined ? undefined : reader.text(...names)),
    number(...names) {
      const value = toNumber(find(names));
      if (Number.isFinite(value)) return value;
      throw wrong(names, "a number");
    },
    optionalNumber: (...names) => (find(names) === undefined ? undefined : reader.number(...names)),
    flag(fallback, ...names) {
      const value = find(names) ?? fallback;
      if (typeof value === "boolean") return value;
      throw wrong(names, "true or false");
    },
    texts(...names) {
      const value = find(names);
      if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
      throw wrong(names, "a list of texts");
    },
    fields(...names) {
      const value = find(names);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
      throw wrong(names, "an object");
    },
    place(...names) {
      const value = find(names);
      if (value === "prepend" || value === "start") return "prepend";
      if (value === "append" || value === "end") return "append";
      return reader.number(...names);
    },
  };
  return reader;
}
