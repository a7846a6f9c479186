import type { ApplicationId, ChannelId, GuildId, InteractionId, MessageId, UserId } from "@antiphon/protocol/discord";
import type { APIMessage, APIModalInteractionResponseCallbackData, APIVoiceState } from "discord-api-types/v10";

/** A message appeared or changed. */
interface MessageEvent<Type extends string> {
  readonly type: Type;
  readonly guildId: GuildId | undefined;
  readonly channelId: ChannelId;
  readonly message: APIMessage;
  /** The only user who sees it; undefined for messages that everybody in the channel sees. */
  readonly ephemeralTo: UserId | undefined;
}

/** A user reacted to a message, or took the reaction back. */
interface ReactionEvent<Type extends string> {
  readonly type: Type;
  readonly channelId: ChannelId;
  readonly messageId: MessageId;
  readonly userId: UserId;
  /** A unicode emoji, or `name:id`. */
  readonly emoji: string;
}

/** A guild's channel appeared, changed or went. */
interface ChannelEvent<Type extends string> {
  readonly type: Type;
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
}

/** A user joined a guild or left it. */
interface MemberEvent<Type extends string> {
  readonly type: Type;
  readonly guildId: GuildId;
  readonly userId: UserId;
}

/** A bot's gateway session began, was taken up again or ended. */
interface SessionEvent<Type extends string> {
  readonly type: Type;
  readonly applicationId: ApplicationId;
  readonly shardId: number;
}

/** How a bot answered an interaction; `unanswered` when the three seconds passed. */
export type InteractionAnswer =
  | { readonly kind: "message" | "update"; readonly message: APIMessage }
  | { readonly kind: "deferred"; readonly message: APIMessage }
  | { readonly kind: "deferredUpdate" }
  | { readonly kind: "modal"; readonly modal: APIModalInteractionResponseCallbackData }
  | {
      readonly kind: "autocomplete";
      readonly choices: readonly { readonly name: string; readonly value: string | number }[];
    }
  | { readonly kind: "unanswered" };

/** Everything that can be watched in the simulated world, whoever caused it: one member for each `type`. */
export type WorldEvent =
  | MessageEvent<"messageCreate">
  | MessageEvent<"messageUpdate">
  | { readonly type: "messageDelete"; readonly channelId: ChannelId; readonly messageId: MessageId }
  | ReactionEvent<"reactionAdd">
  | ReactionEvent<"reactionRemove">
  | { readonly type: "typingStart"; readonly channelId: ChannelId; readonly userId: UserId }
  | { readonly type: "guildCreate"; readonly guildId: GuildId }
  | ChannelEvent<"channelCreate">
  | ChannelEvent<"channelUpdate">
  | ChannelEvent<"channelDelete">
  | MemberEvent<"memberAdd">
  | MemberEvent<"memberRemove">
  | {
      readonly type: "voiceStateUpdate";
      readonly guildId: GuildId;
      readonly userId: UserId;
      /** Null when the user left. */
      readonly channelId: ChannelId | null;
      readonly previousChannelId: ChannelId | null;
      readonly state: APIVoiceState;
    }
  | { readonly type: "commandsUpdate"; readonly applicationId: ApplicationId; readonly guildId: GuildId | undefined }
  | {
      readonly type: "interactionCreate";
      readonly interactionId: InteractionId;
      readonly applicationId: ApplicationId;
      readonly userId: UserId;
      readonly channelId: ChannelId;
    }
  | {
      readonly type: "interactionResponse";
      readonly interactionId: InteractionId;
      readonly applicationId: ApplicationId;
      readonly userId: UserId;
      readonly channelId: ChannelId;
      readonly answer: InteractionAnswer;
    }
  | {
      readonly type: "presenceUpdate";
      readonly userId: UserId;
      /** `online`, `idle`, `dnd` or `offline`. */
      readonly status: string;
      /** The names of what the user does, as a member list shows them. */
      readonly activities: readonly string[];
    }
  | SessionEvent<"sessionStart">
  | SessionEvent<"sessionResume">
  | SessionEvent<"sessionEnd">;
