/**
 * Brings the `count` entries with the highest scores to the front of `entries` (its first `length`), in no order, and returns
 * how many there are. Ties are broken by chance of position.
 */
export function selectTop(entries: Int32Array, length: number, scores: Float64Array, count: number): number {
  if (length <= count) return length;
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const pivot = middleScore(entries, scores, low, high);
    let left = low;
    let right = high;
    while (left <= right) {
      while ((scores[entries[left] as number] as number) > pivot) left++;
      while ((scores[entries[right] as number] as number) < pivot) right--;
      if (left <= right) {
        const entry = entries[left] as number;
        entries[left++] = entries[right] as number;
        entries[right--] = entry;
      }
    }
    if (count - 1 <= right) high = right;
    else if (count - 1 >= left) low = left;
    else break;
  }
  return count;
}

function middleScore(entries: Int32Array, scores: Float64Array, low: number, high: number): number {
  const first = scores[entries[low] as number] as number;
  const middle = scores[entries[(low + high) >>> 1] as number] as number;
  const last = scores[entries[high] as number] as number;
  return Math.max(Math.min(first, middle), Math.min(Math.max(first, middle), last));
}
