/** A failure that the person can do something about: printed as it is, without a stack. */
export class Failure extends Error {}

/** A failure that may be over when one tries again. */
export class NetworkFailure extends Failure {}

/** Ctrl-C, or a signal from outside: nothing went wrong, so nothing is explained. */
export class Interrupted extends Error {}

const networkPattern =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ECONNABORTED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ERR_PNPM_(?:META_)?FETCH|\bE(?:429|5\d\d)\b|socket hang up|error sending request|dns error|connection refused|connection reset|timed out/i;

/** What package managers print when something is wrong with the machine, and what to do about it; the first match counts. */
const advice = [
  {
    pattern: /ENOSPC|no space left/i,
    text: "The disk is full. Antiphon needs about 1 GB for its packages: free some space and run again.",
  },
  {
    pattern: /OUTDATED_LOCKFILE|frozen-lockfile/i,
    text: "A package.json was changed and pnpm-lock.yaml was not. Run `.tools/node_modules/.bin/pnpm install` once, and commit the lockfile.",
  },
  {
    pattern: /EACCES|EPERM|EROFS|permission denied|read-only file system/i,
    text: "This folder cannot be written. Give your user the right to write in it, or clone the project to another place.",
  },
  {
    pattern: networkPattern,
    text: "The npm registry cannot be reached. Check the network and, if there is one, the proxy (`npm config get registry proxy https-proxy`), then run again; what was downloaded is kept.",
  },
];

/** @param {string} output */
const findAdvice = (output) => advice.find(({ pattern }) => pattern.test(output));

/**
 * The failure of a step with this output.
 *
 * @param {string} step
 * @param {string} output
 * @param {string} logPath where the whole output was written
 */
export function failureOf(step, output, logPath) {
  const isOfNetwork = findAdvice(output)?.pattern === networkPattern;
  return new (isOfNetwork ? NetworkFailure : Failure)(explain(step, output, logPath));
}

/**
 * What to tell the person when `step` failed with this output.
 *
 * @param {string} step
 * @param {string} output
 * @param {string} logPath where the whole output was written
 */
export function explain(step, output, logPath) {
  const known = findAdvice(output);
  if (known !== undefined) return `${step} failed. ${known.text}\nThe whole output is in ${logPath}.`;
  const lastLines = output.trimEnd().split("\n").slice(-15).join("\n");
  return `${step} failed. The last lines of its output (all of it is in ${logPath}):\n\n${lastLines}`;
}
