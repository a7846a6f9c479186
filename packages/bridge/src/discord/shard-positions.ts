import { shardToken, type ReceivedDispatch } from "./dispatch-codec.ts";
import { reaches, type DispatchPosition } from "./lane-log.ts";

/** How far the owner of a lane is with each shard; see {@link createShardPositions}. */
export interface ShardPositions {
  /** Takes down a dispatch that the stream brought; false when it has been handled already. */
  takeStreamed(dispatch: ReceivedDispatch): boolean;
  /**
   * Takes down a dispatch that a gateway brought itself; false when there is nothing to do now: it has been handled already, or waits
   * for the stream to bring it, as interactions do.
   */
  takeDirect(dispatch: ReceivedDispatch, waitsForStream: boolean): boolean;
  /** Whether dispatches that follow on this one leave none out. */
  canFollow(shard: string, position: DispatchPosition): boolean;
  /** The newest dispatch that was taken down. */
  newest(shard: string): DispatchPosition | undefined;
}

/** How many dispatches at most are known to wait for the stream; more are not taken. */
const WAITING_LIMIT = 1_000;

const shardOf = ({ shardId, generation }: ReceivedDispatch) => shardToken(shardId, generation);

/** What tells a dispatch from all others. */
export function dispatchKey(dispatch: ReceivedDispatch): string {
  return `${shardOf(dispatch)}:${dispatch.sessionId}:${dispatch.sequence}`;
}

/** Builds {@link ShardPositions} that begin where the lane's owner before was. */
export function createShardPositions(inherited: ReadonlyMap<string, DispatchPosition>): ShardPositions {
  /** Changed in place: this is done for each dispatch. */
  const newest = new Map<string, { sessionId: string; sequence: number }>();
  for (const [shard, position] of inherited) newest.set(shard, { ...position });
  const waiting = new Set<string>();

  /** Whether it is the newest one now. */
  const advance = (dispatch: ReceivedDispatch): boolean => {
    const { sessionId, sequence } = dispatch;
    const shard = shardOf(dispatch);
    const known = newest.get(shard);
    if (reaches(known, dispatch)) return false;
    if (known === undefined) newest.set(shard, { sessionId, sequence });
    else {
      known.sessionId = sessionId;
      known.sequence = sequence;
    }
    return true;
  };

  return {
    takeStreamed: (dispatch) => advance(dispatch) || (waiting.size > 0 && waiting.delete(dispatchKey(dispatch))),
    takeDirect(dispatch, waitsForStream) {
      if (!advance(dispatch)) return false;
      if (waitsForStream) waiting.add(dispatchKey(dispatch));
      return !waitsForStream;
    },
    canFollow: (shard, position) => waiting.size < WAITING_LIMIT && reaches(newest.get(shard), position),
    newest: (shard) => newest.get(shard),
  };
}
