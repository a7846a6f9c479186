/** Runs `task` for each item, at most `limit` at a time; a task that throws does not stop the rest. */
export async function forEachLimited<Item>(
  items: Iterable<Item>,
  limit: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items].values();
  const work = async () => {
    for (const item of queue) await task(item).catch(() => {});
  };
  await Promise.all(Array.from({ length: limit }, work));
}
