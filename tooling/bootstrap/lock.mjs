import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 200;
/** A lock without a readable owner is somebody who has just created it, or who died while doing so. */
const UNREADABLE_GRACE_MS = 10_000;

/** @param {unknown} error @param {string} code */
const hasCode = (error, code) => error instanceof Error && "code" in error && error.code === code;

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM");
  }
}

/** @param {string} path */
function isAbandoned(path) {
  try {
    const owner = Number.parseInt(readFileSync(path, "utf8"), 10);
    if (Number.isInteger(owner)) return !isAlive(owner);
    return Date.now() - statSync(path).mtimeMs > UNREADABLE_GRACE_MS;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** @param {string} path */
function tryCreate(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/**
 * Removes the lock of a process that is gone. A second lock guards the removal: without it two waiting processes could both
 * find the old lock dead, and the slower one would remove the quicker one's new lock.
 *
 * @param {string} path
 */
function breakAbandoned(path) {
  const guard = `${path}.breaking`;
  try {
    mkdirSync(guard);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    // Whoever made the guard may have died too.
    const madeMs = statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - madeMs > UNREADABLE_GRACE_MS) rmSync(guard, { recursive: true, force: true });
    return;
  }
  try {
    if (isAbandoned(path)) rmSync(path, { force: true });
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
}

/**
 * Runs `work` while no other process that asks for the same lock does.
 *
 * @template T
 * @param {string} path
 * @param {() => void} onWait called once when somebody else holds the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, onWait, work) {
  for (let told = false; !tryCreate(path);) {
    if (isAbandoned(path)) {
      breakAbandoned(path);
      continue;
    }
    if (!told) onWait();
    told = true;
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
