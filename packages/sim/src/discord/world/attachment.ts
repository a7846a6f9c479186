import type { Snowflake } from "@antiphon/protocol/discord";
import type { APIAttachment } from "discord-api-types/v10";
import type { MessageDraft } from "./message-draft.ts";
import type { WorldState } from "./state.ts";

/** How many files the world keeps to serve; the oldest give way. */
const STORED_FILES = 200;

/** Keeps the files of a draft, so that their addresses can be fetched, and describes them as Discord does. */
export function storeFiles(
  state: WorldState,
  channelId: Snowflake,
  messageId: Snowflake,
  draft: MessageDraft,
): APIAttachment[] {
  return (draft.files ?? []).map((file, index) => {
    const id = state.nextId();
    const path = `${channelId}/${messageId}/${index}/${encodeURIComponent(file.name)}`;
    state.files.set(path, file);
    if (state.files.size > STORED_FILES) {
      const oldest = state.files.keys().next().value;
      if (oldest !== undefined && state.files.delete(oldest)) state.evicted.files++;
    }
    const url = `${state.origin}/attachments/${path}`;
    const description = draft.attachments?.find((attachment) => attachment.id === String(index))?.description;
    return {
      id,
      filename: file.name,
      size: file.data.byteLength,
      url,
      proxy_url: url,
      content_type: file.contentType,
      ...(description === undefined ? {} : { description }),
    };
  });
}
