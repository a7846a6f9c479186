import { RecommenderError } from "../error.ts";
import { namedMoods } from "./candidate-pool.ts";

/** What a term of a prompt asks for. */
export type PromptEntity = "artist" | "tag" | "stats" | "recs" | "playlist" | "mood";

/** What may stand behind a term's second colon. */
export type PromptOption =
  | "easy"
  | "medium"
  | "hard"
  | "nosim"
  | "and"
  | "or"
  | "week"
  | "month"
  | "year"
  | "all"
  | "listened"
  | "unlistened";

/** One term of a prompt. */
export interface PromptTerm {
  readonly entity: PromptEntity;
  /** What stands in the brackets; several for tags, separated by commas. */
  readonly values: readonly string[];
  /** How large its share of the playlist is beside the others', from 1 to 9. */
  readonly weight: number;
  readonly options: readonly PromptOption[];
  /** The term as it was written. */
  readonly text: string;
}

const optionsOf: Readonly<Record<PromptEntity, readonly PromptOption[]>> = {
  artist: ["easy", "medium", "hard", "nosim"],
  tag: ["easy", "medium", "hard", "and", "or"],
  stats: ["easy", "medium", "hard", "week", "month", "year", "all"],
  recs: ["easy", "medium", "hard", "listened", "unlistened"],
  playlist: ["easy", "medium", "hard"],
  mood: ["easy", "medium", "hard"],
};
const entities = Object.keys(optionsOf) as readonly PromptEntity[];

const MAXIMUM_LENGTH = 500;
const MAXIMUM_TERMS = 10;
const MAXIMUM_WEIGHT = 9;

/**
 * Reads a prompt in the language of ListenBrainz radio: terms such as `artist:(Björk):2:easy,nosim`, `tag:(trip hop,dub)::or`,
 * `#punk`, `stats:(ada)::month`, `recs:(ada)::unlistened`, `playlist:(12)` and `mood:(calm)`, side by side. A value of one word needs
 * no brackets; inside them a backslash keeps the next character.
 *
 * @throws RecommenderError RECOMMENDER_PROMPT_INVALID with `details.position`, from 1
 * @see "LB Radio" in ListenBrainz' Troi documentation
 */
export function parsePrompt(prompt: string): readonly PromptTerm[] {
  if (prompt.length > MAXIMUM_LENGTH) throw invalid(prompt, MAXIMUM_LENGTH, `it is over ${MAXIMUM_LENGTH} characters`);
  const terms: PromptTerm[] = [];
  let at = skipSpace(prompt, 0);
  while (at < prompt.length) {
    if (terms.length === MAXIMUM_TERMS) throw invalid(prompt, at, `it has more than ${MAXIMUM_TERMS} terms`);
    const { term, end } = readTerm(prompt, at);
    terms.push(term);
    at = skipSpace(prompt, end);
  }
  if (terms.length === 0) throw invalid(prompt, 0, "it is empty");
  return terms;
}

function readTerm(prompt: string, start: number): { readonly term: PromptTerm; readonly end: number } {
  const isHash = prompt[start] === "#";
  const head = /^[a-z]+:/i.exec(prompt.slice(start))?.[0];
  const entity = isHash ? "tag" : entities.find((each) => `${each}:` === head?.toLowerCase());
  if (entity === undefined) {
    const word = /^\S+/.exec(prompt.slice(start))?.[0] ?? "";
    throw invalid(prompt, start, `"${word}" begins with none of ${entities.join(":, ")}: or #`);
  }
  const value = readValue(prompt, start + (isHash ? 1 : (head ?? "").length));
  const values = (entity === "tag" ? value.text.split(",") : [value.text]).map((text) => text.trim());
  if (values.some((text) => text === "")) throw invalid(prompt, value.end, `${entity} has an empty value`);
  if (entity === "mood" && !Object.hasOwn(namedMoods, (values[0] ?? "").toLowerCase()))
    throw invalid(prompt, value.end, `"${values[0]}" is no mood; take one of ${Object.keys(namedMoods).join(", ")}`);
  const weight = readPart(prompt, value.end);
  const options = readPart(prompt, weight.end);
  const term = {
    entity,
    values,
    weight: toWeight(prompt, value.end, weight.text),
    options: toOptions(prompt, weight.end, entity, options.text),
    text: prompt.slice(start, options.end),
  };
  if (options.end < prompt.length && !/\s/.test(prompt[options.end] ?? ""))
    throw invalid(prompt, options.end, `"${prompt[options.end]}" cannot stand behind a term`);
  return { term, end: options.end };
}

/** A text in brackets, or up to the next space or colon. */
function readValue(prompt: string, start: number): { readonly text: string; readonly end: number } {
  if (prompt[start] !== "(") {
    const text = /^[^\s:()]*/.exec(prompt.slice(start))?.[0] ?? "";
    return { text, end: start + text.length };
  }
  let text = "";
  for (let at = start + 1; at < prompt.length; at++) {
    if (prompt[at] === ")") return { text, end: at + 1 };
    if (prompt[at] === "\\") at++;
    text += prompt[at] ?? "";
  }
  throw invalid(prompt, start, "a bracket is not closed");
}

/** What stands behind a colon, which may be nothing. */
function readPart(prompt: string, start: number): { readonly text: string; readonly end: number } {
  if (prompt[start] !== ":") return { text: "", end: start };
  const text = /^[^\s:()]*/.exec(prompt.slice(start + 1))?.[0] ?? "";
  return { text, end: start + 1 + text.length };
}

function toWeight(prompt: string, at: number, text: string): number {
  if (text === "") return 1;
  const weight = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (weight >= 1 && weight <= MAXIMUM_WEIGHT) return weight;
  throw invalid(
    prompt,
    at,
    `a weight is a whole number from 1 to ${MAXIMUM_WEIGHT}, not "${text}"; options stand behind a second colon`,
  );
}

function toOptions(prompt: string, at: number, entity: PromptEntity, text: string): readonly PromptOption[] {
  const allowed = optionsOf[entity];
  return text
    .split(",")
    .filter(Boolean)
    .map((name) => {
      const option = allowed.find((each) => each === name.toLowerCase());
      if (option !== undefined) return option;
      throw invalid(prompt, at, `"${name}" is no option of ${entity}; it takes ${allowed.join(", ")}`);
    });
}

function skipSpace(prompt: string, start: number): number {
  const space = prompt.slice(start).search(/\S/);
  return space === -1 ? prompt.length : start + space;
}

function invalid(prompt: string, at: number, what: string): RecommenderError {
  return new RecommenderError(
    "RECOMMENDER_PROMPT_INVALID",
    `Cannot read the prompt at character ${at + 1}: ${what}. Write terms such as artist:(Björk) tag:(trip hop)::or`,
    { details: { position: at + 1, prompt: prompt.slice(0, MAXIMUM_LENGTH) } },
  );
}
