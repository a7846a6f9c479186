export { restoreSnapshot, type RestoreSnapshotOptions } from "./restore-snapshot.ts";
export { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION, takeSnapshot, type SessionSnapshot } from "./snapshot.ts";
export {
  createSnapshotManager,
  type LatestSnapshot,
  type SnapshotEntry,
  type SnapshotManager,
  type SnapshotManagerOptions,
} from "./snapshot-manager.ts";
