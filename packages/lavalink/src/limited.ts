/** Runs `task` for each item, at most `limit` at a time; a task that rejects is told of to `failed` and does not stop the rest. */
export async function forEachLimited<Item>(
  items: Iterable<Item>,
  limit: number,
  task: (item: Item) => Promise<void>,
  failed: (item: Item, error: unknown) => void,
): Promise<void> {
  const queue = [...items].values();
  const work = async () => {
    for (const item of queue) await task(item).catch((error: unknown) => failed(item, error));
  };
  await Promise.all(Array.from({ length: limit }, work));
}
