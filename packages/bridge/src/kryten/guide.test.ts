import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const guide = read("../../../../apps/docs/guides/kryten-client.md");
const sections = guide.split(/^## /mu).slice(1);

/** The methods of an interface, by its source. */
function methodsOf(file: string, name: string): readonly string[] {
  const body = new RegExp(`export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)\\n\\}`, "u").exec(read(file))?.[1] ?? "";
  return [...new Set([...body.matchAll(/^ {2}(\w+)(?:<[^(]*>)?\(/gmu)].map(([, method]) => method ?? ""))];
}

test.each([
  ["./client.ts", "KrytenClient", ""],
  ["./commands.ts", "KrytenCommands", "commands."],
  ["./safe-commands.ts", "SafeKrytenCommands", "safe."],
])("the guide documents every method of %s", (file, name, prefix) => {
  const methods = methodsOf(file, name);
  expect(methods.length).toBeGreaterThan(5);
  for (const method of methods) expect(guide).toMatch(new RegExp(`^\\| \`${prefix}${method}\` \\| \\S`, "mu"));
});

test("each group has a table of its methods and an example in code that uses one of them", () => {
  expect(sections.length).toBeGreaterThan(8);
  for (const section of sections) {
    const methods = [...section.matchAll(/^\| `(?:\w+\.)?(\w+)` \|/gmu)].map(([, method]) => method ?? "");
    const code = /```ts\n([\s\S]*?)```/u.exec(section)?.[1] ?? "";
    expect(methods.length).toBeGreaterThan(0);
    expect(
      methods.some((method) => code.includes(`.${method}(`)),
      section.split("\n")[0],
    ).toBe(true);
  }
});
