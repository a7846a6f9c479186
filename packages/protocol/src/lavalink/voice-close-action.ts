/** What a client does after the node's voice connection was closed (WebSocketClosedEvent). */
export type NodeVoiceCloseAction =
  /** The session is gone: send op 4 again. */
  | "rejoin"
  /** Moved, kicked, or the channel was deleted: wait for a new voice server before giving the player up. */
  | "await-server"
  /** End-to-end encryption is required and the node cannot do it. */
  | "dave-required"
  /** The call was ended for everyone. */
  | "terminated"
  /** The node gets over it by itself. */
  | "none";

const actions: ReadonlyMap<number, NodeVoiceCloseAction> = new Map([
  [4006, "rejoin"],
  [4009, "rejoin"],
  [4014, "await-server"],
  [4017, "dave-required"],
  [4022, "terminated"],
]);

/** What to do about a voice close code. @see [Discord Docs/Voice Close Event Codes] */
export function nodeVoiceCloseAction(code: number): NodeVoiceCloseAction {
  return actions.get(code) ?? "none";
}
