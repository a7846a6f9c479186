// Looks at one file as a reviewer would: which functions are hard to follow, which limits they break, and whether a comment that accepts
// a finding is a good one.
// Here: `npx node --conditions=@antiphon/source packages/quality/examples/review-one-file.ts`; in a project of your own:
// `node review-one-file.ts`.
import { analyzeSource, findingsOf, ruleCatalog } from "@antiphon/quality";

const text = `
/** Sorts wishes into a queue. */
export function arrange(wishes: string[], limit: number, fair: boolean) {
  const queue: string[] = [];
  for (const wish of wishes) {
    if (fair) {
      if (queue.length < limit) {
        if (!queue.includes(wish)) queue.push(wish);
        else if (wish.startsWith("!")) queue.unshift(wish.slice(1));
      }
    } else queue.push(wish);
  }
  return queue;
}

/** Whether two wishes are the same. */
export const isSame = (left: string, right: string) => left == right;

/** The rule of the house. */
export function evaluate(rule: string, title: string) {
  // quality-ignore security/dynamic-code: rules come from our own configuration file
  return new Function("title", rule)(title);
}

/** Runs a command. */
export function run(command: string) {
  // quality-ignore security/dynamic-code
  return eval(command);
}
`;

// The limits are arguments: a young file may have to be better than an old one.
const analysis = analyzeSource("arrange.ts", text, { limits: { cognitive: 8, nestingDepth: 3 } });

const functions = analysis.complexity.functions.toSorted((left, right) => right.cognitive - left.cognitive);
for (const { name, line, cognitive, cyclomatic } of functions)
  console.log(`${name.padEnd(10)} line ${String(line).padStart(2)}: cognitive ${cognitive}, cyclomatic ${cyclomatic}`);

for (const { rule, severity, line, message } of analysis.findings)
  console.log(`${severity.padEnd(8)}${line}: ${message} (${rule})`);

// What `new Function` does was accepted, because the comment says why. `eval` stays, and the comment without a reason is a finding itself.
console.log(`findings of security: ${findingsOf(analysis, "security").length}; rules in all: ${ruleCatalog.size}`);
