import type { KeyValueChange, KeyValueStore } from "../bus/key-value.ts";

/**
 * The part of the table of shards that belongs to one generation, as a table of its own. The first generation has the whole table, as
 * it had before there were others; their keys are no shard's to it.
 */
export function generationTable(table: KeyValueStore, generation: number): KeyValueStore {
  if (generation === 0) return table;
  const prefix = generationPrefix(generation);
  const inner = (change: KeyValueChange): KeyValueChange => ({ ...change, key: change.key.slice(prefix.length) });
  return {
    bucket: table.bucket,
    async get(key) {
      const entry = await table.get(prefix + key);
      return entry === undefined ? undefined : { ...entry, key };
    },
    put: (key, value) => table.put(prefix + key, value),
    putIf: (key, value, expectedRevision) => table.putIf(prefix + key, value, expectedRevision),
    delete: (key) => table.delete(prefix + key),
    async keys() {
      const all = await table.keys();
      return all.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
    },
    watch(handler, { key } = {}) {
      if (key !== undefined) return table.watch((change) => handler(inner(change)), { key: prefix + key });
      return table.watch((change) => {
        if (change.key.startsWith(prefix)) handler(inner(change));
      });
    },
  };
}

/** What the keys of a generation begin with. */
function generationPrefix(generation: number): string {
  return `generation-${generation}.`;
}

/** The generation and the shard whose lease this key holds; undefined for other keys. */
export function readShardKey(key: string): { readonly generation: number; readonly shardId: number } | undefined {
  const [, generation = "0", shardId] = /^(?:generation-(\d{1,9})\.)?shard\.(\d{1,6})$/.exec(key) ?? [];
  return shardId === undefined ? undefined : { generation: Number(generation), shardId: Number(shardId) };
}

/** Deletes what a generation has written that is gone: the leases of its shards, and the names of its members. */
export async function clearGeneration(table: KeyValueStore, generation: number): Promise<void> {
  for (const key of await table.keys()) {
    const isOurs = generation === 0 ? /^(?:shard|member)\./.test(key) : key.startsWith(generationPrefix(generation));
    if (isOurs) await table.delete(key);
  }
}
