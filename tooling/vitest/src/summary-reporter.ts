import { relative, sep } from "node:path";
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from "vitest/node";
import { crashesOf, crashReportPath, repeatedRun, writeCrashReport } from "./crash.ts";
import { mergeTestResults, type RecordedFile, type RecordedTest } from "./results-file.ts";
import type {} from "./skip.ts";

function stateOf(test: TestCase): RecordedTest["state"] {
  const { state } = test.result();
  return state === "passed" || state === "failed" ? state : "skipped";
}

/** Failures that belong to no test count too: a file that does not load, a hook that throws, something left open. */
function countFailedContainers(testModule: TestModule): number {
  const suites: (TestModule | TestSuite)[] = [testModule, ...testModule.children.allSuites()];
  return suites.filter((suite) => suite.errors().length > 0).length;
}

function describeSkippedSuites(file: string, testModule: TestModule): string[] {
  return [...testModule.children.allSuites()].flatMap((suite) => {
    const { skippedBecause } = suite.meta();
    return skippedBecause === undefined ? [] : [`  ${file} › ${suite.fullName}: ${skippedBecause}`];
  });
}

/**
 * Ends the run with every suite that was skipped and why, and then, alone on the very last line, `N passed, N failed, N skipped`.
 * Records all tests for the check that compares them with the references. A run in which a file's process died says that instead, if
 * somebody will run the file once more: that run has the totals of both.
 */
export function createSummaryReporter(
  write: (text: string) => void = (text) => void process.stdout.write(text),
): Reporter {
  let vitest: Vitest | undefined;
  return {
    onInit(instance) {
      vitest = instance;
    },
    onTestRunEnd(testModules, unhandledErrors) {
      const root = vitest?.config.root ?? process.cwd();
      const reportPath = crashReportPath(process.env);
      const crashes = reportPath === undefined ? [] : crashesOf(unhandledErrors, root);
      const crashed = new Set(crashes.map(({ file }) => file));
      const { passed, failed, skipped } = repeatedRun(process.env)?.others ?? { passed: 0, failed: 0, skipped: 0 };
      const totals = { passed, failed: failed + unhandledErrors.length - crashes.length, skipped };
      const skippedSuites: string[] = [];
      const ran: Record<string, RecordedFile> = {};
      for (const testModule of testModules) {
        const file = relative(root, testModule.moduleId).split(sep).join("/");
        if (crashed.has(file)) continue;
        const tests = [...testModule.children.allTests()].map((test) => ({
          title: test.fullName,
          state: stateOf(test),
        }));
        for (const { state } of tests) totals[state]++;
        totals.failed += countFailedContainers(testModule);
        skippedSuites.push(...describeSkippedSuites(file, testModule));
        ran[file] = { endedAtMs: Date.now(), tests };
      }
      // A run of some titles says nothing about the others, so it must not overwrite what is known of them.
      if (vitest?.config.testNamePattern === undefined) mergeTestResults(root, ran);
      if (skippedSuites.length > 0) write(`Suites skipped, and why:\n${skippedSuites.join("\n")}\n\n`);
      if (reportPath !== undefined && crashes.length > 0)
        return writeCrashReport(reportPath, { crashes, others: totals });
      write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
    },
  };
}
