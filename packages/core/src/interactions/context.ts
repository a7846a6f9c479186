import type { ApplicationId, ChannelId, GuildId, InteractionId, UserId } from "@antiphon/protocol/discord";
import type { APIInteraction, APIInteractionGuildMember, APIUser } from "discord-api-types/v10";
import { CoreError } from "../core-error.ts";
import type { ErrorPlace } from "../errors/error-context.ts";
import type { Responder } from "./responder.ts";

/** Who did something, and where. */
export interface InteractionDetails {
  /** The interaction as Discord sent it. */
  readonly interaction: APIInteraction;
  readonly id: InteractionId;
  readonly applicationId: ApplicationId;
  /** Undefined outside of guilds. */
  readonly guildId: GuildId | undefined;
  readonly channelId: ChannelId | undefined;
  readonly user: APIUser;
  readonly userId: UserId;
  /** The user as a member, with permissions; undefined outside of guilds. */
  readonly member: APIInteractionGuildMember | undefined;
  /** The user's language: `en-US`. */
  readonly locale: string;
  /** Aborts when the client closes. */
  readonly signal: AbortSignal;
}

/** What is known in addition when something happened in a guild. */
export interface InGuild {
  readonly guildId: GuildId;
  readonly member: APIInteractionGuildMember;
}

/** A command, a component or a modal as its handler sees it. Each answer is sent at once and rejects when Discord refuses it. */
export interface InteractionContext extends InteractionDetails {
  /**
   * Answers with a message; after a deferral, the automatic one included, completes it.
   *
   * @throws {@link CoreError} `CORE_INTERACTION_ALREADY_ANSWERED`, `CORE_BUILDER_INVALID`
   */
  readonly reply: Responder["reply"];
  /** Shows "thinking…" and gives 15 minutes to answer; does nothing when the automatic deferral came first. */
  readonly defer: Responder["defer"];
  /** Replaces the answer. @throws {@link CoreError} `CORE_INTERACTION_NOT_ANSWERED` */
  readonly editReply: Responder["editReply"];
  /** Deletes the answer. @throws {@link CoreError} `CORE_INTERACTION_NOT_ANSWERED` */
  readonly deleteReply: Responder["deleteReply"];
  /** Sends another message. @throws {@link CoreError} `CORE_INTERACTION_NOT_ANSWERED` */
  readonly followUp: Responder["followUp"];
}

/** Whether a context belongs to a guild. */
export function isInGuild<Context extends InteractionDetails>(context: Context): context is Context & InGuild {
  return context.guildId !== undefined && context.member !== undefined;
}

/**
 * Reads who and where from an interaction.
 *
 * @throws {@link CoreError} `CORE_INTERACTION_MALFORMED` when it names no user
 */
export function interactionDetails(interaction: APIInteraction, signal: AbortSignal): InteractionDetails {
  const user = interaction.member?.user ?? interaction.user;
  if (user === undefined)
    throw new CoreError("CORE_INTERACTION_MALFORMED", `Interaction ${interaction.id} names no user.`);
  return {
    interaction,
    id: interaction.id,
    applicationId: interaction.application_id,
    guildId: interaction.guild_id,
    channelId: interaction.channel?.id ?? interaction.channel_id,
    user,
    userId: user.id,
    member: interaction.member,
    locale: "locale" in interaction ? interaction.locale : "en-US",
    signal,
  };
}

/** Where and for whom an interaction's handler failed. */
export function interactionPlace(interaction: APIInteraction): ErrorPlace {
  const { id, guild_id: guildId, channel_id: channelId, member, user } = interaction;
  return { guildId, channelId, userId: (member?.user ?? user)?.id, requestId: id };
}

/** The details together with the ways to answer. */
export function interactionContext(details: InteractionDetails, responder: Responder): InteractionContext {
  const { reply, defer, editReply, deleteReply, followUp } = responder;
  return { ...details, reply, defer, editReply, deleteReply, followUp };
}
