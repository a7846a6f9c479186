/** A hash of some tokens in a row, and the index of the first of them. */
export interface TokenFingerprint {
  readonly hash: number;
  readonly index: number;
}

const BASE = 0x01000193;

function hashRows(hashes: Int32Array, length: number): Int32Array {
  const rows = new Int32Array(Math.max(0, hashes.length - length + 1));
  let power = 1;
  for (let step = 1; step < length; step++) power = Math.imul(power, BASE);
  let row = 0;
  for (let index = 0; index < hashes.length; index++) {
    if (index >= length) row = (row - Math.imul(hashes[index - length] ?? 0, power)) | 0;
    row = (Math.imul(row, BASE) + (hashes[index] ?? 0)) | 0;
    if (index >= length - 1) rows[index - length + 1] = row;
  }
  return rows;
}

/**
 * Chooses fingerprints such that any two lists which have `atLeast` tokens in a row in common have a fingerprint in common:
 * of the hashes of `atLeast / 2` tokens in a row, the smallest of each window, the rightmost of equals.
 *
 * @see "Winnowing: Local Algorithms for Document Fingerprinting", Schleimer, Wilkerson and Aiken, SIGMOD 2003
 */
export function chooseFingerprints(hashes: Int32Array, atLeast: number): TokenFingerprint[] {
  const length = Math.ceil(atLeast / 2);
  const window = atLeast - length + 1;
  const rows = hashRows(hashes, length);
  const chosen: TokenFingerprint[] = [];
  let smallest = -1;
  for (let end = window - 1; end < rows.length; end++) {
    const start = end - window + 1;
    const previous = smallest;
    if (smallest < start) {
      smallest = start;
      for (let at = start + 1; at <= end; at++) if ((rows[at] ?? 0) <= (rows[smallest] ?? 0)) smallest = at;
    } else if ((rows[end] ?? 0) <= (rows[smallest] ?? 0)) smallest = end;
    if (smallest !== previous) chosen.push({ hash: rows[smallest] ?? 0, index: smallest });
  }
  return chosen;
}
