import type { Snowflake } from "@antiphon/protocol/discord";
import type { APIAllowedMentions, APIEmbed, APIMessageTopLevelComponent } from "discord-api-types/v10";
import type { StoredFile } from "./state.ts";

/** What a message says, after validation. On an edit, what is undefined stays. */
export interface MessageDraft {
  readonly content?: string | undefined;
  readonly embeds?: readonly APIEmbed[] | undefined;
  readonly components?: readonly APIMessageTopLevelComponent[] | undefined;
  readonly flags?: number | undefined;
  readonly tts?: boolean | undefined;
  readonly nonce?: string | number | undefined;
  readonly allowedMentions?: APIAllowedMentions | undefined;
  /** The message of the same channel that this one replies to. */
  readonly replyTo?: Snowflake | undefined;
  readonly files?: readonly StoredFile[] | undefined;
  /** What is said about files by their index, or on an edit the attachments to keep by their id. */
  readonly attachments?: readonly { readonly id: string; readonly description?: string | undefined }[] | undefined;
}
