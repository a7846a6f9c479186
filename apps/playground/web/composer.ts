import type { PageCommand, PageMessage, PageOptionValue } from "../src/page-protocol.ts";
import { parseCommandLine, withFocusedText, type CommandLine } from "./command-line.ts";
import { byId, element } from "./element.ts";

/** What the message box needs from the page. */
export interface ComposerContext {
  readonly commands: () => readonly PageCommand[];
  readonly channelId: () => string;
  readonly send: (message: PageMessage) => void;
}

interface Completion {
  readonly label: string;
  readonly what: string;
  /** Puts it into the box. */
  readonly accept: () => void;
}

/** Discord's numbers of these types of options. */
const BOOLEAN = 5;
const ATTACHMENT = 11;

function attachesNothing({ command }: CommandLine): readonly (Node | string)[] {
  return ["This page attaches no files, and ", element("kbd", {}, `/${command.name}`), " needs one."];
}

/** The box at the bottom: messages, slash commands, and their completion by keyboard or mouse. */
export function createComposer(context: ComposerContext) {
  const form = byId("composer", HTMLFormElement);
  const input = byId("input", HTMLInputElement);
  const list = byId("completions", HTMLUListElement);
  const hint = byId("composer-hint", HTMLParagraphElement);
  const initialHint = [...hint.childNodes];
  /** Suggestions show a name and mean a value; the name stands in the box, the value is what is sent. */
  const picked = new Map<string, { readonly text: string; readonly value: string | number }>();
  let completions: readonly Completion[] = [];
  let selected = 0;
  let requestId = 0;
  /** The bot has been asked for suggestions: those on screen belong to an older text. */
  let asked = false;
  /** Tab was pressed meanwhile: it means the answer, not what is still on screen. */
  let acceptAnswer = false;

  const line = () => parseCommandLine(input.value, context.commands());
  const valuesOf = (parsed: CommandLine): PageOptionValue[] =>
    parsed.options.map(({ name, value }) => {
      const choice = picked.get(name);
      return { name, value: choice !== undefined && choice.text === String(value) ? choice.value : value };
    });

  const show = (next: readonly Completion[]) => {
    completions = next;
    selected = 0;
    asked = false;
    acceptAnswer = false;
    list.removeAttribute("aria-busy");
    list.replaceChildren(
      ...next.map((completion) => {
        const item = element(
          "li",
          { role: "option" },
          element("span", {}, completion.label),
          element("span", { class: "what" }, completion.what),
        );
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          completion.accept();
          input.focus();
        });
        return item;
      }),
    );
    list.hidden = next.length === 0;
    mark();
  };
  const mark = () => {
    for (const [index, item] of [...list.children].entries()) {
      item.setAttribute("aria-selected", String(index === selected));
      if (index === selected) item.scrollIntoView({ block: "nearest" });
    }
  };
  const accept = () => {
    if (asked) acceptAnswer = true;
    else completions[selected]?.accept();
    input.focus();
  };

  const pick = (parsed: CommandLine, text: string, value: string | number) => {
    if (parsed.focused !== undefined) picked.set(parsed.focused.name, { text, value });
    input.value = withFocusedText(parsed, text);
    show([]);
  };
  const completeName = (typed: string) => {
    const matching = context
      .commands()
      .filter(({ name }) => name.startsWith(typed))
      .toSorted((left, right) => left.name.localeCompare(right.name));
    show(
      matching.map(({ name, description, options }) => ({
        label: `/${name}`,
        what: description,
        accept: () => {
          input.value = options.length > 0 ? `/${name} ` : `/${name}`;
          refresh();
        },
      })),
    );
  };
  const completeOption = (parsed: CommandLine) => {
    const { focused, focusedText } = parsed;
    if (focused === undefined) return show([]);
    if (focused.type === ATTACHMENT) {
      hint.replaceChildren(...attachesNothing(parsed));
      return show([]);
    }
    hint.replaceChildren(
      element("kbd", {}, focused.name),
      ` ${focused.description}${focused.required ? "" : " (optional)"}`,
    );
    if (focused.autocomplete) {
      requestId++;
      asked = true;
      acceptAnswer = false;
      list.setAttribute("aria-busy", "true");
      const { name } = parsed.command;
      const options = [
        ...valuesOf(parsed).filter((option) => option.name !== focused.name),
        { name: focused.name, value: focusedText },
      ];
      context.send({
        type: "complete",
        requestId,
        channelId: context.channelId(),
        name,
        options,
        focused: focused.name,
      });
      return;
    }
    if (focused.type === BOOLEAN) return completeBoolean(parsed, focused.name);
    const matching = focused.choices.filter(({ name }) => name.toLowerCase().includes(focusedText.toLowerCase()));
    show(
      matching.map(({ name, value }) => ({ label: name, what: focused.name, accept: () => pick(parsed, name, value) })),
    );
  };
  const completeBoolean = (parsed: CommandLine, name: string) => {
    const accepting = (text: string) => () => {
      input.value = withFocusedText(parsed, text);
      show([]);
    };
    const matching = ["true", "false"].filter((text) => text.startsWith(parsed.focusedText.toLowerCase()));
    show(matching.map((text) => ({ label: text, what: name, accept: accepting(text) })));
  };
  /** Why a text cannot be sent as it is; undefined when it can. */
  const problemOf = (text: string, parsed: CommandLine | undefined): readonly (Node | string)[] | undefined => {
    if (parsed === undefined) {
      if (!/^\/\w/u.test(text)) return undefined;
      return ["There is no command ", element("kbd", {}, text.split(" ", 1)[0] ?? ""), ". Type / to see all."];
    }
    const [missing] = parsed.missing;
    if (missing === undefined) return undefined;
    if (missing.type === ATTACHMENT) return attachesNothing(parsed);
    return ["Needs ", element("kbd", {}, missing.name), `: ${missing.description}`];
  };
  const refresh = () => {
    hint.replaceChildren(...initialHint);
    const { value } = input;
    const parsed = line();
    if (parsed !== undefined && value !== `/${parsed.command.name}`) return completeOption(parsed);
    if (value.startsWith("/")) return completeName(value.slice(1));
    show([]);
  };

  const submit = () => {
    const text = input.value.trim();
    if (text === "") return;
    const parsed = line();
    const problem = problemOf(text, parsed);
    if (problem !== undefined) {
      hint.replaceChildren(...problem);
      if (parsed !== undefined) input.value = `${input.value.trimEnd()} `;
      return;
    }
    if (parsed !== undefined) {
      context.send({
        type: "command",
        channelId: context.channelId(),
        name: parsed.command.name,
        options: valuesOf(parsed),
      });
    } else {
      context.send({ type: "send", channelId: context.channelId(), content: text });
    }
    input.value = "";
    picked.clear();
    refresh();
  };

  input.addEventListener("input", refresh);
  input.addEventListener("blur", () => show([]));
  input.addEventListener("keydown", (event) => {
    if (list.hidden && !(asked && event.key === "Tab")) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const exact = line() !== undefined && line()?.missing.length === 0;
    if (step !== undefined) selected = (selected + step + completions.length) % completions.length;
    else if (event.key === "Escape") show([]);
    else if (event.key === "Tab" || (event.key === "Enter" && !exact)) accept();
    else return;
    event.preventDefault();
    mark();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });

  return {
    /** Shows the suggestions that came for the newest question; older answers are too late. */
    choices(answerTo: number, choices: readonly { readonly name: string; readonly value: string | number }[]) {
      const parsed = line();
      if (answerTo !== requestId || parsed?.focused === undefined || document.activeElement !== input) return;
      const what = parsed.focused.name;
      const acceptFirst = acceptAnswer;
      show(choices.map(({ name, value }) => ({ label: name, what, accept: () => pick(parsed, name, value) })));
      if (acceptFirst) accept();
    },
    refresh,
  };
}
