import { encodeJson } from "../bot/bot-envelope.ts";
import type { KeyValueStore } from "../bus/key-value.ts";
import { BridgeError } from "../error.ts";
import { LAYOUT_KEY, readLayout, type Layout, type LayoutChange } from "./layout.ts";
import { isBridgeFailure } from "./lease.ts";

/** The layout that stands, or this one when there is none; `firstGeneration` is asked for then. */
export async function agreeOnLayout(
  table: KeyValueStore,
  wanted: Pick<Layout, "shardCount" | "laneCount">,
  firstGeneration: () => Promise<number>,
): Promise<Layout> {
  const standing = await table.get(LAYOUT_KEY);
  if (standing !== undefined) return checkReadable(readLayout(standing.value));
  const generation = await firstGeneration();
  const layout = { ...wanted, generation, newest: generation };
  try {
    await table.putIf(LAYOUT_KEY, encodeJson(layout), 0);
    return layout;
  } catch (error) {
    if (!isBridgeFailure(error, "BRIDGE_REVISION_CONFLICT")) throw error;
    return agreeOnLayout(table, wanted, firstGeneration);
  }
}

/** Changes the layout if it can still be changed so, and gives what stands then; undefined when it cannot. */
export async function changeLayout(table: KeyValueStore, change: LayoutChange): Promise<Layout | undefined> {
  for (;;) {
    const { layout, revision } = await readEntry(table);
    const changed = change(layout);
    if (changed === undefined) return undefined;
    try {
      await table.putIf(LAYOUT_KEY, encodeJson(changed), revision);
      return changed;
    } catch (error) {
      if (!isBridgeFailure(error, "BRIDGE_REVISION_CONFLICT")) throw error;
    }
  }
}

/** The layout that stands. @throws BridgeError BRIDGE_LAYOUT_MISMATCH when there is none, or none that can be read */
export async function standingLayout(table: KeyValueStore): Promise<Layout> {
  const { layout } = await readEntry(table);
  return layout;
}

async function readEntry(table: KeyValueStore): Promise<{ readonly layout: Layout; readonly revision: number }> {
  const entry = await table.get(LAYOUT_KEY);
  return { layout: checkReadable(entry && readLayout(entry.value)), revision: entry?.revision ?? 0 };
}

function checkReadable(layout: Layout | undefined): Layout {
  if (layout !== undefined) return layout;
  throw new BridgeError(
    "BRIDGE_LAYOUT_MISMATCH",
    "The bot's layout cannot be read: it was written by another version. End its processes and delete the table of its shards.",
  );
}
