/** What of a chat message tells it from every other one. */
export interface ChatIdentity {
  readonly username: string;
  readonly msg: string;
  /** Milliseconds since the Unix epoch, by the server's clock. */
  readonly time: number;
}

/** A text that is the same for a message and its replay, and differs for any other message of the channel. */
export function chatMessageKey({ username, msg, time }: ChatIdentity): string {
  return `${time}:${username}:${msg}`;
}

/** Knows a channel's last messages. */
export interface ChatReplayFilter {
  /** Whether this message was seen before; remembers it when not. */
  isReplay(message: ChatIdentity): boolean;
}

/**
 * Tells live chat from replayed chat. CyTube repeats the last 15 messages unchanged at each join; nothing but their time and
 * content tells them from new ones, so those that went by are remembered. `limit` of them, 1,024 unless told.
 *
 * @see calzoneman/sync, src/channel/chat.js, CHAT_BUFFER
 */
export function createChatReplayFilter({ limit = 1024 }: { readonly limit?: number } = {}): ChatReplayFilter {
  const seen = new Set<string>();
  return {
    isReplay(message) {
      const key = chatMessageKey(message);
      if (seen.has(key)) return true;
      seen.add(key);
      const [oldest] = seen;
      if (seen.size > limit && oldest !== undefined) seen.delete(oldest);
      return false;
    },
  };
}
