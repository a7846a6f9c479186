import { element } from "./element.ts";

/** Names for the ids in mentions. */
export interface MentionNames {
  user(id: string): string | undefined;
  channel(id: string): string | undefined;
}

/** The parts of Discord's markup that bots use, each with what it turns into. Tried in order; the first that starts soonest wins. */
const rules: readonly {
  readonly pattern: RegExp;
  readonly render: (match: RegExpExecArray, names: MentionNames) => Node;
}[] = [
  { pattern: /\\([*_`~|<>[\]()#@:\\-])/u, render: (match) => document.createTextNode(match[1] ?? "") },
  {
    pattern: /^-# (.*)$/mu,
    render: (match, names) => element("small", { class: "note" }, renderMarkdown(match[1] ?? "", names)),
  },
  {
    pattern: /```(?:\w+\n)?([\s\S]+?)```/u,
    render: (match) => element("pre", {}, element("code", {}, match[1] ?? "")),
  },
  { pattern: /`([^`\n]+)`/u, render: (match) => element("code", {}, match[1] ?? "") },
  {
    pattern: /\*\*([\s\S]+?)\*\*/u,
    render: (match, names) => element("strong", {}, renderMarkdown(match[1] ?? "", names)),
  },
  { pattern: /__([\s\S]+?)__/u, render: (match, names) => element("u", {}, renderMarkdown(match[1] ?? "", names)) },
  { pattern: /\*([^*\s][^*]*)\*/u, render: (match, names) => element("em", {}, renderMarkdown(match[1] ?? "", names)) },
  { pattern: /~~([\s\S]+?)~~/u, render: (match, names) => element("s", {}, renderMarkdown(match[1] ?? "", names)) },
  { pattern: /<@!?(\d+)>/u, render: (match, names) => mention(`@${names.user(match[1] ?? "") ?? "unknown"}`) },
  { pattern: /<#(\d+)>/u, render: (match, names) => mention(`#${names.channel(match[1] ?? "") ?? "unknown"}`) },
  {
    pattern: /<t:(\d{1,12})(?::[tTdDfFR])?>/u,
    render: (match) => element("time", {}, new Date(Number(match[1]) * 1000).toLocaleString()),
  },
  {
    pattern: /\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)/u,
    render: (match, names) => link(match[2] ?? "", renderMarkdown(match[1] ?? "", names)),
  },
  { pattern: /https?:\/\/[^\s<>)]+/u, render: (match) => link(match[0], document.createTextNode(match[0])) },
];

/** Turns Discord's markup into nodes. */
export function renderMarkdown(text: string, names: MentionNames): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (let rest = text; rest !== "";) {
    let first: { readonly match: RegExpExecArray; readonly rule: (typeof rules)[number] } | undefined;
    for (const rule of rules) {
      const match = rule.pattern.exec(rest);
      if (match !== null && (first === undefined || match.index < first.match.index)) first = { match, rule };
    }
    if (first === undefined) {
      fragment.append(rest);
      break;
    }
    fragment.append(rest.slice(0, first.match.index), first.rule.render(first.match, names));
    rest = rest.slice(first.match.index + first.match[0].length);
  }
  return fragment;
}

const mention = (text: string) => element("span", { class: "mention" }, text);

function link(url: string, text: Node): Node {
  return element("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, text);
}
