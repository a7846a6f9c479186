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
  return fill(template, parameters, (name) => {
    throw new BridgeError("BRIDGE_INVALID_SUBJECT", `The subject ${template} needs a value for ${name}.`);
  });
}

/** The pattern of a template: `*` for each name without a value. */
export function patternOf<Template extends string>(
  template: Template,
  parameters: Partial<SubjectParameters<Template>>,
): string {
  return fill(template, parameters, () => "*");
}

/** The parts of a template: text at even places, names at odd ones. */
const compiled = new Map<string, readonly string[]>();

function fill(
  template: string,
  parameters: Readonly<Record<string, string | undefined>>,
  missing: (name: string) => string,
) {
  let parts = compiled.get(template);
  if (parts === undefined) compiled.set(template, (parts = template.split(PARAMETER)));
  let subject = parts[0] ?? "";
  for (let index = 1; index < parts.length; index += 2) {
    const name = parts[index] ?? "";
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    subject += (value === undefined ? missing(name) : subjectToken(value)) + (parts[index + 1] ?? "");
  }
  return subject;
}
