/** The labels of one recording. */
export type Labels = Readonly<Record<string, string | number>>;

/**
 * Admits the first `limit` combinations of labels. Labels made from data, such as user ids, would otherwise fill the memory with series
 * that are never freed.
 */
export function createSeriesGuard(limit: number, onDrop: () => void): (labels: Labels) => boolean {
  const series = new Set<string>();
  return (labels) => {
    const key = Object.values(labels).join("\u0000");
    if (series.has(key)) return true;
    if (series.size >= limit) {
      onDrop();
      return false;
    }
    series.add(key);
    return true;
  };
}
