import { CoreError } from "../core-error.ts";
import type { APIInteractionDataResolved, APIMessage } from "discord-api-types/v10";
import type { InteractionContext } from "./context.ts";
import { compilePattern, type CompiledPattern, type PatternParameters } from "./custom-id.ts";
import type { Responder } from "./responder.ts";

/** A pressed button or a used select menu as its handler sees it. */
export interface ComponentContext<Pattern extends string = string> extends InteractionContext {
  readonly kind: "component";
  readonly customId: string;
  /** The values of the pattern's parameters. */
  readonly parameters: PatternParameters<Pattern>;
  /** What was selected: values, or ids for selects of users, roles and channels; empty for a button. */
  readonly values: readonly string[];
  /** What the selected ids stand for. */
  readonly resolved: APIInteractionDataResolved;
  /** The message that carries the component. */
  readonly message: APIMessage;
  /** Changes the message that carries the component. @throws {@link CoreError} `CORE_INTERACTION_ALREADY_ANSWERED` */
  readonly update: Responder["update"];
  /** Acknowledges without a visible change; `update`, or `reply` with a new message, may follow. */
  readonly deferUpdate: Responder["deferUpdate"];
  /** Opens a modal; only as the very first answer. */
  readonly showModal: Responder["showModal"];
  /** Opens the application's activity; only as the very first answer. */
  readonly launchActivity: Responder["launchActivity"];
}

/** The value of a modal's field: a text, selected values or uploaded attachments' ids, or a checkbox's state. */
export type ModalValue = string | readonly string[] | boolean | null;

/** A submitted modal as its handler sees it. */
export interface ModalContext<Pattern extends string = string> extends InteractionContext {
  readonly kind: "modal";
  readonly customId: string;
  /** The values of the pattern's parameters. */
  readonly parameters: PatternParameters<Pattern>;
  /** What was entered, by the fields' custom ids. */
  readonly fields: Readonly<Record<string, ModalValue>>;
  /** What selected ids and attachments stand for. */
  readonly resolved: APIInteractionDataResolved;
  /** Changes the message whose component opened the modal; Discord refuses it for a modal that a command opened. */
  readonly update: Responder["update"];
  /** Acknowledges without a visible change; only for a modal that a component opened. */
  readonly deferUpdate: Responder["deferUpdate"];
  /** Opens the application's activity; only as the very first answer. */
  readonly launchActivity: Responder["launchActivity"];
}

/** Handlers by the pattern of their custom id. */
export interface PatternHandlers<Kind extends "component" | "modal"> {
  /**
   * Adds a handler for every custom id that matches the pattern, such as `"queue:page/:page"`, until the returned Disposable is disposed.
   *
   * @throws {@link CoreError} `CORE_PATTERN_INVALID`, or `CORE_HANDLER_DUPLICATE` when another handler's pattern matches the same ids
   */
  add<const Pattern extends string>(pattern: Pattern, handler: PatternHandler<Kind, Pattern>): Disposable;
}

/** What handles a component or a modal. */
export type PatternHandler<Kind extends "component" | "modal", Pattern extends string> = (
  context: Kind extends "component" ? ComponentContext<Pattern> : ModalContext<Pattern>,
) => Promise<void> | void;

/** A handler that was found, and the parameters for it. */
export interface PatternMatch<Kind extends "component" | "modal"> {
  readonly handler: PatternHandler<Kind, string>;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The handlers with the right to look them up. */
export interface PatternRegistry<Kind extends "component" | "modal"> extends PatternHandlers<Kind> {
  /** The handler for a custom id; a pattern with fewer parameters wins. */
  find(customId: string): PatternMatch<Kind> | undefined;
  clear(): void;
}

/** Builds a {@link PatternRegistry}. */
export function createPatternRegistry<Kind extends "component" | "modal">(): PatternRegistry<Kind> {
  interface Entry {
    readonly compiled: CompiledPattern;
    readonly parameterCount: number;
    readonly handler: PatternHandler<Kind, string>;
  }
  let entries: readonly Entry[] = [];
  return {
    add(pattern, handler) {
      const compiled = compilePattern(pattern);
      if (entries.some((entry) => entry.compiled.shape === compiled.shape)) {
        throw new CoreError(
          "CORE_HANDLER_DUPLICATE",
          `A handler for custom ids such as "${pattern}" is there already.`,
          {
            details: { pattern },
          },
        );
      }
      const parameterCount = compiled.shape.split("/").filter((segment) => segment === ":").length;
      const entry: Entry = { compiled, parameterCount, handler: handler };
      entries = [...entries, entry].toSorted((left, right) => left.parameterCount - right.parameterCount);
      return { [Symbol.dispose]: () => void (entries = entries.filter((other) => other !== entry)) };
    },
    find(customId) {
      for (const { compiled, handler } of entries) {
        const parameters = compiled.match(customId);
        if (parameters !== undefined) return { handler, parameters };
      }
      return undefined;
    },
    clear() {
      entries = [];
    },
  };
}
