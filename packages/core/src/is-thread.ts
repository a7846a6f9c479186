import { ChannelType } from "discord-api-types/v10";

const THREADS: ReadonlySet<number> = new Set([
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
  ChannelType.AnnouncementThread,
]);

/** Whether a channel is a thread, by its type. */
export function isThread({ type }: { readonly type: number }): boolean {
  return THREADS.has(type);
}
