import type { PageCommand, PageCommandOption, PageOptionValue } from "../src/page-protocol.ts";

/** What the text in the message box means as a command line. */
export interface CommandLine {
  readonly command: PageCommand;
  readonly options: readonly PageOptionValue[];
  /** The option that is being typed; undefined when there is none. */
  readonly focused: PageCommandOption | undefined;
  /** What has been typed of it. */
  readonly focusedText: string;
  /** Required options that have no value yet. */
  readonly missing: readonly PageCommandOption[];
}

const BOOLEAN = 5;
const NUMERIC: ReadonlySet<number> = new Set([4, 10]);

/**
 * Reads `/name value` or `/name first:value second: value`. Text without an option's name belongs to the first option, so that
 * `/play tidewater` needs no more typing than it must.
 */
export function parseCommandLine(text: string, commands: readonly PageCommand[]): CommandLine | undefined {
  // A subcommand's name has spaces, and may begin with another command's.
  const called = commands.filter(({ name }) => text === `/${name}` || /^\s/u.test(text.slice(`/${name}`.length)));
  const command = called
    .filter(({ name }) => text.startsWith(`/${name}`))
    .toSorted((left, right) => right.name.length - left.name.length)[0];
  if (command === undefined) return undefined;
  const texts = splitOptions(text.slice(`/${command.name}`.length).trimStart(), command);
  const options = texts
    .filter(([, value]) => value.trim() !== "")
    .map(([option, value]) => ({ name: option.name, value: valueOf(option, value.trim()) }));
  const [focused, focusedText = ""] = texts.at(-1) ?? [command.options[0]];
  const missing = command.options.filter(
    ({ name, required }) => required && !options.some((option) => option.name === name),
  );
  return { command, options, focused, focusedText: focusedText.trimStart(), missing };
}

function splitOptions(text: string, command: PageCommand): (readonly [PageCommandOption, string])[] {
  const first = command.options[0];
  if (first === undefined || text === "") return [];
  const names = command.options.map(({ name }) => name).join("|");
  const parts = text.split(new RegExp(`(?:^|\\s)(${names}):`, "u"));
  const [unnamed = "", ...named] = parts;
  const found: (readonly [PageCommandOption, string])[] = unnamed === "" ? [] : [[first, unnamed]];
  for (let index = 0; index < named.length; index += 2) {
    const option = command.options.find(({ name }) => name === named[index]);
    if (option !== undefined) found.push([option, named[index + 1] ?? ""]);
  }
  return found;
}

function valueOf(option: PageCommandOption, text: string): string | number | boolean {
  const choice = option.choices.find(({ name }) => name === text);
  if (choice !== undefined) return choice.value;
  if (option.type === BOOLEAN) return /^(true|yes|on)$/iu.test(text);
  return NUMERIC.has(option.type) ? Number(text) : text;
}

/** The command line with the focused option's text replaced. */
export function withFocusedText(line: CommandLine, text: string): string {
  const [first] = line.command.options;
  const others = line.options.filter(({ name }) => name !== line.focused?.name);
  const before = others.map(({ name, value }) => ` ${name}:${value}`).join("");
  const name = others.length === 0 && line.focused === first ? "" : `${line.focused?.name}:`;
  return `/${line.command.name}${before} ${name}${text}`;
}
