export { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION, type SessionSnapshot } from "./snapshot.ts";
export {
  createSnapshotManager,
  type LatestSnapshot,
  type SnapshotEntry,
  type SnapshotManager,
  type SnapshotManagerOptions,
} from "./snapshot-manager.ts";
