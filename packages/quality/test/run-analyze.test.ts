import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ruleCatalog, runAnalyze } from "@antiphon/quality";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  cwd: string,
  argv: readonly string[],
  env: Record<string, string> = {},
  isTTY = false,
  signal?: AbortSignal,
): Promise<Run> {
  let out = "";
  let err = "";
  const code = await runAnalyze(argv, {
    stdout: { write: (text) => (out += text), isTTY },
    stderr: { write: (text) => (err += text), isTTY },
    cwd,
    env,
    signal,
  });
  return { code, out, err };
}

const clean = { "a.ts": "/** One. */\nexport const one = 1;\n" };
const faulty = {
  "src/a.js": "eval(text);\n",
  "src/b.js": "// quality-ignore security/dynamic-code: ours\neval(text);\n",
};

describe("antiphon-analyze", () => {
  test("ends with 0 when every threshold holds", async () => {
    using folder = temporaryFolder(clean);
    const { code, out, err } = await run(folder.path, []);
    expect(code).toBe(0);
    expect(out).toContain("1 files, 2 lines, 0 functions");
    expect(out).toContain("1 of 1 exports (100.0 %)");
    expect(out).toContain("Every threshold holds.");
    expect(err).toBe("");
  });

  test("ends with 1 when one does not, and says where and why", async () => {
    using folder = temporaryFolder(faulty);
    const { code, out } = await run(folder.path, ["src"]);
    expect(code).toBe(1);
    expect(out).toMatch(/^a\.js\n {2}1:1 +error +`eval` runs a text as code.* security\/dynamic-code$/m);
    expect(out).toContain("1 errors, 0 warnings, 0 notes; 0 in the baseline, 1 suppressed");
    expect((await run(folder.path, ["src", "--fail-on", "never"])).code).toBe(0);
    expect((await run(folder.path, ["src/b.js"])).code).toBe(0);
    expect((await run(folder.path, ["src/a.js"])).code).toBe(1);
  });

  test("ends with 2 and a sentence when it cannot be done", async () => {
    using folder = temporaryFolder({ ...clean, "bad.json": '{"limits": {"cognitiv": 1}}', "base.json": "{}" });
    for (const [argv, message] of [
      [["--format", "xml"], "--format must be one of text, json, sarif"],
      [["--fail-on", "all"], "--fail-on must be one of"],
      [["--nonsense"], "nonsense"],
      [["a", "b"], "One folder or file at a time"],
      [["--update-baseline"], "needs --baseline FILE"],
      [["none"], "QUALITY_PATH_UNREADABLE"],
      [["--settings", "none.json"], "QUALITY_PATH_UNREADABLE"],
      [["--settings", "bad.json"], "QUALITY_SETTINGS_INVALID"],
      [["--baseline", "base.json"], "QUALITY_BASELINE_INVALID"],
      [["--output", "no/such/folder/x"], "ENOENT"],
    ] as const) {
      const { code, err, out } = await run(folder.path, argv);
      expect([code, out], argv.join(" ")).toEqual([2, ""]);
      expect(err).toContain(message);
    }
  });

  test("helps, and lists its rules", async () => {
    const help = await run("/", ["--help"]);
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).toContain("Exit codes: 0");
    const { out } = await run("/", ["--rules"]);
    expect(out.trimEnd().split("\n")).toHaveLength(ruleCatalog.size);
  });

  test("reads settings from the folder, or from the file it is told", async () => {
    using folder = temporaryFolder({
      ...faulty,
      "antiphon-analyze.json": JSON.stringify({ severities: { "security/dynamic-code": "note" } }),
      "strict.json": JSON.stringify({ exclude: ["**/b.js"], gate: { failOn: "error", maxFindings: 1 } }),
    });
    expect((await run(folder.path, [])).code).toBe(0);
    expect((await run(folder.path, ["--settings", "strict.json"])).code).toBe(0);
    expect((await run(folder.path, ["--fail-on", "note"])).code).toBe(1);
  });

  test("writes a baseline, after which only new findings count", async () => {
    using folder = temporaryFolder(faulty);
    const argv = ["--baseline", "known.json"];
    expect((await run(folder.path, argv)).code).toBe(2);
    expect((await run(folder.path, [...argv, "--update-baseline"])).code).toBe(0);
    expect((await run(folder.path, argv)).out).toContain("1 in the baseline");
    writeFileSync(join(folder.path, "src/c.js"), "eval(more);\n");
    expect((await run(folder.path, argv)).code).toBe(1);
    writeFileSync(join(folder.path, "src/a.js"), "");
    expect((await run(folder.path, argv)).out).toContain("1 entries of the baseline are gone");
  });

  test("colours a terminal unless NO_COLOR says not to, and shows its progress there", async () => {
    using folder = temporaryFolder(faulty);
    const onTerminal = await run(folder.path, [], {}, true);
    expect(onTerminal.out).toContain("\u001B[31merror");
    expect(onTerminal.err).toContain("Looked at 2 of 2 files");
    expect(onTerminal.err.endsWith("\r\u001B[K")).toBe(true);
    const plain = await run(folder.path, ["--quiet"], { NO_COLOR: "1" }, true);
    expect(plain.out).not.toContain("\u001B");
    expect(plain.err).toBe("");
    expect((await run(folder.path, [], { FORCE_COLOR: "1" })).out).toContain("\u001B[31m");
    expect((await run(folder.path, [])).out).not.toContain("\u001B");
  });

  test("writes JSON that holds the whole analysis", async () => {
    using folder = temporaryFolder(faulty);
    const { code } = await run(folder.path, ["--format", "json", "--output", "report.json"]);
    expect(code).toBe(1);
    const report: unknown = JSON.parse(readFileSync(join(folder.path, "report.json"), "utf8"));
    expect(report).toMatchObject({
      version: 1,
      analysis: {
        findings: [{ rule: "security/dynamic-code", file: "src/a.js", line: 1 }],
        suppressed: [{ reason: "ours" }],
      },
      verdict: { passed: false, fresh: [expect.stringMatching(/^[0-9a-f]{16}$/)] },
    });
  });

  test("writes SARIF 2.1.0 with rules, places, fingerprints, suppressions and the state against the baseline", async () => {
    using folder = temporaryFolder({ ...faulty, "src/ä b.js": "eval(other);\n" });
    await run(folder.path, ["src/a.js", "--baseline", "known.json", "--update-baseline"]);
    const { out } = await run(folder.path, ["src", "--format", "sarif", "--baseline", "known.json"]);
    const sarif = JSON.parse(out) as {
      runs: [{ results: { ruleId: string; ruleIndex: number }[]; tool: { driver: { rules: { id: string }[] } } }];
    };
    expect(sarif).toMatchObject({
      $schema: expect.stringContaining("sarif-2.1.0"),
      version: "2.1.0",
      runs: [{ tool: { driver: { name: "antiphon-analyze" } }, columnKind: "utf16CodeUnits" }],
    });
    const [{ results, tool }] = sarif.runs;
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    const region = { startLine: 1, startColumn: 1, endLine: 1, endColumn: 11 };
    expect(results).toMatchObject([
      {
        level: "error",
        baselineState: "unchanged",
        suppressions: [],
        locations: [{ physicalLocation: { artifactLocation: { uri: "a.js" }, region } }],
        partialFingerprints: { "antiphonQuality/v1": expect.stringMatching(/^[0-9a-f]{16}$/) },
      },
      { baselineState: "new", locations: [{ physicalLocation: { artifactLocation: { uri: "%C3%A4%20b.js" } } }] },
      { suppressions: [{ kind: "inSource", justification: "ours" }] },
    ]);
  });

  test("ends with 130 when it is interrupted", async () => {
    using folder = temporaryFolder(clean);
    const { code, err } = await run(folder.path, [], {}, false, AbortSignal.abort());
    expect([code, err]).toEqual([130, "Interrupted.\n"]);
  });

  test("is a program of its own", () => {
    using folder = temporaryFolder(faulty);
    const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
    const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, bin, folder.path], {
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stdout).toContain("security/dynamic-code");
  });
});
