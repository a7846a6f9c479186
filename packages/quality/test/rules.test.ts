import { readFileSync } from "node:fs";
import { analyzeSource, ruleCatalog, type RuleId } from "@antiphon/quality";
import { describe, expect, test } from "vitest";

/** Each text must be found once by its rule, or not at all. Credentials are put together here, so that no scanner finds this file. */
interface Cases {
  readonly found: readonly string[];
  readonly notFound: readonly string[];
}

const random = ["q7Rk2vXw9ZpT4mNb8sLd", "Yc3Hf6Jg1QaUeVoWiKxP"].join("");
const aws = ["AKIA", "Q4ZX7MNOP2WLK9RT"].join("");
const github = `ghp_${random.slice(0, 36)}`;
const gitlab = `glpat-${random.slice(0, 20)}`;
const password = "hu7Gt5frEd9q";
const inAsync = (body: string) => `import fs, { readFileSync } from "node:fs";\n${body}`;
const exec = (body: string) => `import { exec, spawn, execFile } from "node:child_process";\n${body}`;
const files = (body: string) => `import fs from "node:fs"; import path from "node:path";\n${body}`;

const cases: Partial<Record<RuleId, Cases>> = {
  "style/var": {
    found: ["var a = 1;", "for (var i = 0; i < 2; i++) run();"],
    notFound: ["let a = 1; const b = 2;", "declare var global: string;", "declare global { var shared: string; }"],
  },
  "style/loose-equality": {
    found: ["if (a == 1) run();", "const b = a != undefined;"],
    notFound: [
      "if (a === 1) run();",
      "if (a == null) run();",
      "if (null != a) run();",
      'if (typeof a == "string") run();',
    ],
  },
  "style/nested-ternary": {
    found: ["const a = b ? (c ? 1 : 2) : 3;", "const a = (b ? c : d) ? 1 : 2;"],
    notFound: ["const a = b ? 1 : 2;", "const a = b ? 1 : c ? 2 : 3;"],
  },
  "style/empty-block": {
    found: ["try { run(); } catch {}", "if (a) {}", "if (a) run(); else {}", "try { run(); } finally {}"],
    notFound: [
      "try { run(); } catch { /* it may be gone already */ }",
      "try { run(); } catch (error) { log(error); }",
      "const nothing = () => {};",
      "while (step()) {}",
    ],
  },
  "style/explicit-any": {
    found: ["let a: any;", "const a = b as any;", "function f(a: Record<string, any>) {}"],
    notFound: ["let a: unknown;", 'const any = "any";', "// any"],
  },
  "style/debugger": { found: ["debugger;"], notFound: ['const a = "debugger";', "// debugger"] },
  "style/throw-literal": {
    found: ['throw "wrong";', "throw `wrong ${a}`;", "throw { code: 1 };"],
    notFound: ['throw new Error("wrong");', "throw error;", "throw makeError();"],
  },
  "style/case-fallthrough": {
    found: ["switch (a) { case 1: run(); case 2: stop(); }", "switch (a) { case 1: if (b) break; default: stop(); }"],
    notFound: [
      "switch (a) { case 1: case 2: run(); break; default: stop(); }",
      "switch (a) { case 1: run(); // falls through\n case 2: stop(); }",
      "function f() { switch (a) { case 1: { return 1; } case 2: throw b; default: return 3; } }",
      "switch (a) { case 1: process.exit(1); case 2: run(); }",
      "function f() { switch (a) { case 1: if (b) { return 1; } else { return 2; } case 2: } }",
    ],
  },
  "style/todo-comment": {
    found: ["// TODO: later", "/* FIXME it breaks */", "/**\n * HACK around it\n */"],
    notFound: ["// a list of todos", 'const a = "TODO";', "// hackers"],
  },
  "style/naming": {
    found: ["function do_it() {}", "class small {}", "interface options { a: string }", "const some_thing = 1;"],
    notFound: [
      "function doIt() {}",
      "function Component() {}",
      "class Large {}",
      "type Options = { a: string };",
      "const LIMIT_MS = 1; const $ = 2; const _private = 3; const { snake_case: renamed } = row;",
    ],
  },
  "security/dynamic-code": {
    found: [
      "eval(text);",
      'new Function("a", body);',
      "globalThis.eval(text);",
      'setTimeout("run(" + a + ")", 10);',
      'import vm from "node:vm"; vm.runInNewContext(text);',
      'const { Script } = require("vm"); new Script(text);',
    ],
    notFound: [
      'const realImport = new Function("path", "return import(path)");',
      "setTimeout(() => run(a), 10);",
      "function eval2(text) {} eval2(text);",
      "class Parser { eval(text) {} } parser.eval(text);",
      "import { Function } from './types'; new Function(text);",
      'import vm from "node:vm"; vm.runInThisContext("1 + 1");',
    ],
  },
  "security/command-injection": {
    found: [
      exec("exec(`ls ${folder}`);"),
      exec('exec("ls " + folder, done);'),
      exec('const command = "rm " + name; exec(command);'),
      exec("spawn(`ls ${folder}`, { shell: true });"),
      exec('spawn("ls", [`${folder}/x`], { shell: "/bin/bash" });'),
      'const { execSync } = require("child_process"); execSync(["git", branch].join(" "));',
      'import * as cp from "child_process"; cp.exec(`ls ${folder}`);',
      'import { promisify } from "node:util"; import { exec } from "node:child_process"; const run = promisify(exec); run(`ls ${a}`);',
      'async function f() { const { exec } = await import("node:child_process"); exec(`ls ${a}`); }',
    ],
    notFound: [
      exec('exec("ls -l");'),
      exec('const folder = "/tmp"; exec(`ls ${folder}`);'),
      exec("execFile(`${home}/bin/tool`, [name]);"),
      exec('spawn("ls", [`${folder}/x`]);'),
      exec("spawn(`${tool}`, { shell: false });"),
      "const found = /a/.exec(`x ${a}`);",
      "import { exec } from './database.ts'; exec(`select ${a}`);",
    ],
  },
  "security/path-traversal": {
    found: [
      files("app.get('/', (req, res) => { fs.readFile(path.join(root, req.params.name), done); });"),
      files(
        "app.get('/', (req, res) => { const { name } = req.query; fs.createReadStream(`files/${name}`).pipe(res); });",
      ),
      files("http.createServer((request, response) => { const file = root + request.url; fs.readFile(file, done); });"),
      files(
        "router.get('/', async (ctx) => { const name = ctx.params.name; await fs.promises.unlink(path.resolve(root, name)); });",
      ),
      "app.get('/', (req, res) => res.sendFile(req.query.file));",
    ],
    notFound: [
      files("app.get('/', (req) => { fs.readFile(path.join(root, path.basename(req.params.name)), done); });"),
      files(
        "app.get('/', (req) => { const p = path.resolve(root, req.url); if (!p.startsWith(root)) return; fs.readFile(p, done); });",
      ),
      files("fs.readFile(path.join(root, name), done);"),
      files("app.get('/', (req) => { fs.writeFile('visits.log', req.url, done); });"),
      "app.get('/', (req, res) => res.sendFile(req.params.name, { root }));",
      "app.get('/', (req) => store.readFile(req.params.name));",
    ],
  },
  "security/hardcoded-secret": {
    found: [
      `const key = "${aws}";`,
      `// the old one: ${github}`,
      `const url = "postgres://admin:${password}@db.internal/main";`,
      `login({ token: "${random}" });`,
      `class Client { apiKey = "${random}"; }`,
      `config.password = "${random}";`,
      `const template = \`Authorization: ${gitlab}\`;`,
    ],
    notFound: [
      'const token = process.env.TOKEN ?? "";',
      'const tokenUrl = "https://id.example.com/oauth2/token-endpoint-v2";',
      'const password = "correct horse battery staple";',
      'const secret = "your-secret-goes-here-0001";',
      `const checksum = "${random}";`,
      'const url = "postgres://user:<password>@localhost/test";',
      'const apiKey = "xxxxxxxxxxxxxxxxxxxxxxxx";',
      "// postgresql://user:password@host:port/database",
      'const passwordField = "input.password-field";',
    ],
  },
  "security/regex-exponential": {
    found: [
      "const a = /^(a|a)*b/;",
      "const a = /^(?:a|ab?)+$/;",
      "const a = /(?:[^*]|\\s)*;/u;",
      "const a = /^(a+)+$/;",
      "const a = /^(\\w+\\s?)*$/;",
      'new RegExp("^(x*)*y$");',
      'const a = "^(?:x+y?)*z"; RegExp(a, "u");',
    ],
    notFound: [
      "const a = /(?:\\w|_)*/;",
      "const a = /^(?:\\w|-)*;/;",
      "const a = /^(?:a|a)?b/;",
      "const a = /^(?:(?=a)a|a)*b/;",
      "const a = /^(?:a|(a)\\1)*b/;",
      "const a = /^[a-z]+(?:-[a-z]+)*$/;",
      "const a = /\\d+\\.\\d+/;",
      "new RegExp(pattern);",
      'new RegExp("(");',
    ],
  },
  "security/regex-polynomial": {
    found: ["const a = /^\\s*a?\\s*$/;", "const a = /a.*b.*c/;"],
    notFound: ["const a = /^(a+)+$/;", "const a = /^[^,]*,[^,]*$/;"],
  },
  "performance/await-in-loop": {
    found: [
      "async function f() { for (const a of list) await save(a); }",
      "async function f() { for (let i = 0; i < 3; i++) { await save(i); await again(i); } }",
    ],
    notFound: [
      "async function f() { for await (const a of source) await save(a); }",
      "async function f() { while (busy()) await step(); }",
      "async function f() { let last; for (const a of list) last = await next(last, a); }",
      "async function f() { for (const a of list) { if (await test(a)) return a; } }",
      "async function f() { for (const a of await list()) save(a); }",
      "async function f() { for (const a of list) later(async () => { await save(a); }); }",
      "async function f() { await save(1); }",
    ],
  },
  "performance/sync-in-async": {
    found: [
      inAsync("async function f() { return readFileSync(path); }"),
      inAsync(
        "const f = async () => fs.existsSync(path) && fs.readdirSync(path);".replace("fs.existsSync(path) && ", ""),
      ),
      'import cp from "child_process"; async function f() { cp.execFileSync("ls"); }',
    ],
    notFound: [
      inAsync("function f() { return readFileSync(path); }"),
      inAsync("async function f() { return list.map((path) => readFileSync(path)); }"),
      inAsync("async function f() { await fs.promises.readFile(path); }"),
      "async function f() { return engine.flushSync(); }",
      inAsync("const text = readFileSync(path);"),
    ],
  },
  "performance/quadratic-copy": {
    found: [
      "const a = list.reduce((all, each) => [...all, each * 2], []);",
      "const a = list.reduce((all, [key, value]) => ({ ...all, [key]: value }), {});",
      "const a = list.reduce((all, each) => { return { ...all, each }; }, {});",
      "let all = []; for (const a of list) all = [...all, a];",
    ],
    notFound: [
      "const a = list.reduce((sum, each) => sum + each, 0);",
      "const a = list.reduce((all, each) => [...each, 1], []);",
      "let all = []; for (const a of list) all.push(a);",
      "all = [...all, a];",
    ],
  },
  "performance/regex-in-loop": {
    found: ['for (const a of list) { if (new RegExp("x+").test(a)) run(a); }'],
    notFound: [
      "for (const a of list) { if (new RegExp(a).test(text)) run(a); }",
      "for (const a of list) { if (/x+/.test(a)) run(a); }",
      'const x = new RegExp("x+"); for (const a of list) x.test(a);',
    ],
  },
  "performance/json-clone": {
    found: ["const a = JSON.parse(JSON.stringify(b));"],
    notFound: [
      "JSON.parse(text);",
      "JSON.parse(JSON.stringify(b, replacer));",
      "JSON.parse(JSON.stringify(b), reviver);",
    ],
  },
  "documentation/missing": {
    found: [
      "export function f() {}",
      "/** A. */\nexport interface A { b: string }",
      "/** A. */\nexport class A { b() {} private c() {} #d() {} }",
      "// Not a documentation comment.\nexport const a = 1;",
      "function f() {}\nexport { f };",
      "export default class A {}",
    ],
    notFound: [
      "/** F. */\nexport function f() {}",
      "function hidden() {}",
      "/** A. */\nexport interface A { /** B. */ b: string }",
      "/** A. */\nexport class A { constructor() {} /** B. */ get b() { return 1; } set b(value) {} override c() {} }",
      'export { other } from "./other.ts";',
      "/** F. */\nexport function f(a: string): void;\nexport function f(a: number): void;\nexport function f() {}",
    ],
  },
  "parse/too-nested": { found: [`${"(".repeat(3_000)}1`], notFound: [`a(${"[b], ".repeat(3_000)})`] },
  "parse/syntax-error": { found: ["const = 5;", "function ("], notFound: ["const a = 5;", ""] },
};

const count = (rule: RuleId, text: string) =>
  analyzeSource("case.ts", text).findings.filter((finding) => finding.rule === rule).length;

describe.each(Object.entries(cases) as [RuleId, Cases][])("%s", (rule, { found, notFound }) => {
  test.each(found)("finds %s", (text) => expect(count(rule, text)).toBe(1));
  test.each(notFound)("does not find %s", (text) => expect(count(rule, text)).toBe(0));
});

test.each(["style", "security", "performance"])(
  "finds all that the rules of %s are for, and nothing that they are not for",
  (category) => {
    const own = (Object.entries(cases) as [RuleId, Cases][]).filter(([rule]) => rule.startsWith(`${category}/`));
    expect(own.length).toBeGreaterThan(4);
    for (const [rule, { found, notFound }] of own) {
      expect(found.map((text) => count(rule, text))).toEqual(found.map(() => 1));
      expect(notFound.map((text) => count(rule, text))).toEqual(notFound.map(() => 0));
    }
  },
);

describe("code of npm packages", () => {
  const findings = (file: string) => {
    const text = readFileSync(new URL(`../src/__fixtures__/npm/${file}.txt`, import.meta.url), "utf8");
    return analyzeSource(file, text)
      .findings.filter(({ category }) => category !== "style")
      .map(({ rule, line }) => `${rule}:${line}`);
  };

  test.each([
    ["tree-kill-1.2.0.js", ["security/command-injection:9"]],
    ["ansi-regex-3.0.0.js", ["security/regex-polynomial:10"]],
    ["lodash-4.18.1-template.js", ["security/dynamic-code:7"]],
    ["lodash-4.18.1-root.js", []],
    ["ts-mixer-6.0.4.js", ["performance/quadratic-copy:6"]],
    ["serve-static-1.15.0.js", []],
  ])("%s", (file, expected) => expect(findings(file)).toEqual(expected));
});

test("has cases for every rule that looks at the text of one file", () => {
  const elsewhere = /^(?:complexity|duplication|suppression)\/|^parse\/(?:too-large|unreadable)$/;
  expect([...ruleCatalog.keys()].filter((id) => !elsewhere.test(id) && !(id in cases))).toEqual([]);
});

test("never puts a secret into a finding", () => {
  const [finding] = analyzeSource("a.ts", `login({ token: "${random}" });`).findings;
  expect(finding?.rule).toBe("security/hardcoded-secret");
  expect(JSON.stringify(finding)).not.toContain(random.slice(0, 8));
});
