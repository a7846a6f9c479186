/**
 * How many levels the parser may be asked for. It recurses natively, and in a thread with a stack of 4 MiB about 2,800 brackets within one
 * another would end the process; code that people write has some dozens.
 */
const LEVEL_LIMIT = 2_000;

/** What is said of a file that nests too deep. */
export const TOO_NESTED = "This file nests deeper than can be looked into; it was left out.";

/** Whether an error says that our own walk through a tree went too deep; V8 has no class for it. */
export function isStackExhausted(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes("call stack");
}

/** Operators and words that may put what follows one level deeper, without a bracket. */
const DEEPENING_WORD =
  /^(?:async|await|delete|do|else|extends|for|if|infer|keyof|new|readonly|return|typeof|unique|void|while|with|yield)$/;
const DEEPENING_SIGN = /^(?:=>|\*\*|\?\??|&&|\|\||[=:<!~+.-])$/;

const deepens = (token: string) => DEEPENING_SIGN.test(token) || DEEPENING_WORD.test(token);

/**
 * A token: what has no levels inside (comment, text, regular expression where one may stand), a piece of a template, an end of a line, a
 * word, or a sign. Sticky, so that no text takes more than one pass.
 */
const TOKEN =
  /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|"(?:[^"\\\n]|\\[^])*"?|'(?:[^'\\\n]|\\[^])*'?|\n|[^\S\n]+|[\w$]+|<\/|\/>|=>|\*\*|\?\?|&&|\|\||[^]/y;
const REGEX = /\/(?:[^/\\\n[]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+\/\w*/y;
const TEMPLATE = /(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{|$)/y;

/** After such a token an expression may begin, so that a slash there begins a regular expression. */
const BEFORE_EXPRESSION =
  /^(?:[^\w$)\]}"'`]|=>|\*\*|\?\?|&&|\|\||case|do|else|in|instanceof|of|return|throw|typeof|void|yield|await|)$/;

interface Level {
  readonly bracket: string;
  /** Levels without a bracket that are open on this one. */
  chain: number;
}

/** One pass over a text. */
class NestingScan {
  readonly #open: Level[] = [{ bracket: "", chain: 0 }];
  #levels = 0;
  #at = 0;
  /** The last token that means something, and whether a line has ended since. */
  #last = "";
  #lineEnded = false;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where it gets too deep; undefined when it does not. */
  run(): number | undefined {
    while (this.#at < this.#text.length) {
      const start = this.#at;
      this.#take(this.#next());
      if (this.#levels > LEVEL_LIMIT) return start;
    }
    return undefined;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #next(): string {
    const isSlash = this.#text[this.#at] === "/" && !/[/*]/.test(this.#text[this.#at + 1] ?? "");
    if (isSlash && BEFORE_EXPRESSION.test(this.#last)) {
      const regex = this.#match(REGEX);
      if (regex !== "") return '""';
    }
    return this.#match(TOKEN);
  }

  #take(token: string): void {
    if (token === "\n") this.#lineEnded = true;
    if (/^(?:\s|\/[/*])/.test(token)) return;
    this.#endStatement(token);
    if (token === "`") this.#template();
    else if (token === "(" || token === "[" || token === "{") this.#push(token);
    else if (token === ")" || token === "]" || token === "}") this.#pop();
    else if (token === ",") this.#deepen(-this.#top.chain);
    else if (token === "</" || token === "/>") this.#deepen(-Math.min(1, this.#top.chain));
    else if (deepens(token)) this.#deepen(1);
    this.#last = token;
  }

  /**
   * A statement is over behind a semicolon, unless `else` follows. Many write none: then it is over where a line ends and neither side of
   * that asks for more.
   */
  #endStatement(token: string): void {
    const isOver = this.#last === ";" ? token !== "else" : this.#lineEnded && ![this.#last, token].some(deepens);
    this.#lineEnded = false;
    if (isOver) this.#deepen(-this.#top.chain);
  }

  get #top(): Level {
    return this.#open.at(-1) as Level;
  }

  #deepen(by: number): void {
    this.#top.chain += by;
    this.#levels += by;
  }

  #push(bracket: string): void {
    this.#open.push({ bracket, chain: 0 });
    this.#levels++;
  }

  #pop(): void {
    if (this.#open.length === 1) return;
    this.#deepen(-this.#top.chain);
    const closed = this.#open.pop();
    this.#levels--;
    if (closed?.bracket === "`") this.#template();
  }

  /** Reads a template's text on to its end or its next part. */
  #template(): void {
    if (this.#match(TEMPLATE).endsWith("${")) this.#push("`");
  }
}

/** Where a text nests so deep that parsing it could end the process; undefined when it does not. */
export function findDeepNesting(text: string): number | undefined {
  return text.length > LEVEL_LIMIT ? new NestingScan(text).run() : undefined;
}
