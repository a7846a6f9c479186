import type { APIMessage } from "discord-api-types/v10";

/** Somebody in the simulated guild. */
export interface PageMember {
  readonly id: string;
  readonly name: string;
  readonly bot: boolean;
}

/** A channel of the simulated guild. */
export interface PageChannel {
  readonly id: string;
  readonly name: string;
  readonly kind: "text" | "voice";
}

/** An option of a command, as the page completes it. */
export interface PageCommandOption {
  readonly name: string;
  readonly description: string;
  /** Discord's number of the type. */
  readonly type: number;
  readonly required: boolean;
  readonly autocomplete: boolean;
  readonly choices: readonly { readonly name: string; readonly value: string | number }[];
}

/** A slash command, as the page completes it. */
export interface PageCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly PageCommandOption[];
}

/** A value that was typed for an option. */
export interface PageOptionValue {
  readonly name: string;
  readonly value: string | number | boolean;
}

/** What the server tells the page. */
export type ServerMessage =
  | {
      readonly type: "hello";
      readonly me: PageMember;
      readonly guildName: string;
      readonly channels: readonly PageChannel[];
      readonly members: readonly PageMember[];
      /** Oldest first. */
      readonly messages: Readonly<Record<string, readonly APIMessage[]>>;
      readonly commands: readonly PageCommand[];
      readonly voice: readonly { readonly userId: string; readonly channelId: string }[];
      readonly listening: boolean;
    }
  | { readonly type: "message"; readonly channelId: string; readonly message: APIMessage }
  | { readonly type: "messageDelete"; readonly channelId: string; readonly messageId: string }
  | { readonly type: "voice"; readonly userId: string; readonly channelId: string | null }
  | { readonly type: "speaking"; readonly userId: string; readonly speaking: boolean }
  | { readonly type: "commands"; readonly commands: readonly PageCommand[] }
  | {
      readonly type: "choices";
      readonly requestId: number;
      readonly choices: readonly { readonly name: string; readonly value: string | number }[];
    }
  /** Something the person should know, in a sentence. */
  | { readonly type: "notice"; readonly text: string };

/** What the page asks of the server. */
export type PageMessage =
  | { readonly type: "send"; readonly channelId: string; readonly content: string }
  | {
      readonly type: "command";
      readonly channelId: string;
      readonly name: string;
      readonly options: readonly PageOptionValue[];
    }
  | {
      readonly type: "complete";
      readonly requestId: number;
      readonly channelId: string;
      readonly name: string;
      readonly options: readonly PageOptionValue[];
      readonly focused: string;
    }
  | { readonly type: "press"; readonly channelId: string; readonly messageId: string; readonly customId: string }
  /** Null leaves. */
  | { readonly type: "joinVoice"; readonly channelId: string | null };

/** The binary frames of the listening socket: interleaved s16le, 48,000 Hz, 2 channels, 960 samples each. */
export const LISTEN_SAMPLE_RATE_HZ = 48_000;
