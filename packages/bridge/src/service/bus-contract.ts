import type { z } from "zod";
import { BridgeError } from "../error.ts";
import { subjectToken } from "../bus/subject.ts";

/** The names between braces in a subject's template. */
export type SubjectParameter<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | SubjectParameter<Rest>
  : never;

/** The values for a template's names. */
export type SubjectParameters<Template extends string> = { readonly [Name in SubjectParameter<Template>]: string };

/** A kind of message that travels one way. */
export interface EventContract<Template extends string = string, Payload = unknown> {
  /** The subject, with `{names}` where values go: `shop.{region}.order`. */
  readonly subject: Template;
  readonly schema: z.ZodType<Payload>;
  /** What it says, in a sentence. */
  readonly summary: string;
}

/** A kind of question with its answer. */
export interface RequestContract<Template extends string = string, Question = unknown, Answer = unknown> {
  /** As {@link EventContract.subject}. */
  readonly subject: Template;
  readonly question: z.ZodType<Question>;
  readonly answer: z.ZodType<Answer>;
  /** What it does, in a sentence. */
  readonly summary: string;
}

/** All that travels between some services. */
export interface BusContract {
  readonly title: string;
  /** As in semantic versioning. */
  readonly version: string;
  readonly description?: string | undefined;
  readonly events: Readonly<Record<string, EventContract>>;
  readonly requests: Readonly<Record<string, RequestContract>>;
}

/** Types an event by its template and schema. */
export function defineEvent<const Template extends string, Payload>(
  event: EventContract<Template, Payload>,
): EventContract<Template, Payload> {
  return event;
}

/** Types a request by its template and schemas. */
export function defineRequest<const Template extends string, Question, Answer>(
  request: RequestContract<Template, Question, Answer>,
): RequestContract<Template, Question, Answer> {
  return request;
}

const PARAMETER = /\{(\w+)\}/g;

/** The names in a template, in order. */
export function parametersOf(template: string): readonly string[] {
  return [...template.matchAll(PARAMETER)].map((match) => match[1] ?? "");
}

/**
 * The subject of a template; a value becomes one token of it, whatever it holds.
 *
 * @throws BridgeError BRIDGE_INVALID_SUBJECT for a name without a value
 */
export function subjectOf<Template extends string>(
  template: Template,
  parameters: SubjectParameters<Template>,
): string {
  const { parts, subjects } = compile(template);
  const known = recall(parts, parameters, subjects);
  if (known !== undefined) return known;
  const subject = fill(parts, parameters, (name) => {
    throw new BridgeError("BRIDGE_INVALID_SUBJECT", `The subject ${template} needs a value for ${name}.`);
  });
  remember(parts, parameters, subjects, subject);
  return subject;
}

/** The pattern of a template: `*` for each name without a value. */
export function patternOf<Template extends string>(
  template: Template,
  parameters: Partial<SubjectParameters<Template>>,
): string {
  return fill(compile(template).parts, parameters, () => "*");
}

type Values = Readonly<Record<string, string | undefined>>;

/** Subjects by the values of their template's names, a level for each name. */
interface Level {
  readonly next: Map<string, Level>;
  subject: string | undefined;
}

interface CompiledTemplate {
  /** Text at even places, names at odd ones. */
  readonly parts: readonly string[];
  readonly subjects: Level;
}

// Putting a subject together, and looking at a string that is new each time, costs a third of what sending costs.
const compiled = new Map<string, CompiledTemplate>();
const LEVEL_LIMIT = 10_000;
let levels = 0;

function createLevel(): Level {
  if (++levels > LEVEL_LIMIT) {
    compiled.clear();
    levels = 1;
  }
  return { next: new Map(), subject: undefined };
}

function compile(template: string): CompiledTemplate {
  let known = compiled.get(template);
  if (known === undefined) {
    known = { parts: template.split(PARAMETER), subjects: createLevel() };
    compiled.set(template, known);
  }
  return known;
}

function recall(parts: readonly string[], parameters: Values, subjects: Level): string | undefined {
  let level = subjects;
  for (let index = 1; index < parts.length; index += 2) {
    const next = level.next.get(parameters[parts[index] as string] as string);
    if (next === undefined) return undefined;
    level = next;
  }
  return level.subject;
}

function remember(parts: readonly string[], parameters: Values, subjects: Level, subject: string): void {
  let level = subjects;
  for (let index = 1; index < parts.length; index += 2) {
    const value = parameters[parts[index] as string] as string;
    let next = level.next.get(value);
    if (next === undefined) level.next.set(value, (next = createLevel()));
    level = next;
  }
  level.subject = subject;
}

function valueOf(parameters: Values, name = ""): string | undefined {
  return Object.hasOwn(parameters, name) ? parameters[name] : undefined;
}

function fill(parts: readonly string[], parameters: Values, missing: (name: string) => string): string {
  let subject = parts[0] ?? "";
  for (let index = 1; index < parts.length; index += 2) {
    const value = valueOf(parameters, parts[index]);
    subject += (value === undefined ? missing(parts[index] ?? "") : subjectToken(value)) + (parts[index + 1] ?? "");
  }
  return subject;
}
