import type { Channel } from "node:diagnostics_channel";
import { toDisposable } from "@antiphon/std";

/** Reads a channel until it is disposed. */
export function listen(channel: Channel, listener: (message: unknown) => void): Disposable {
  channel.subscribe(listener);
  return toDisposable(() => channel.unsubscribe(listener));
}
