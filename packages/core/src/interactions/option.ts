import type { Snowflake } from "@antiphon/protocol/discord";
import type {
  APIAttachment,
  APIInteractionDataResolvedChannel,
  APIInteractionDataResolvedGuildMember,
  APIRole,
  APIUser,
  ChannelType,
} from "discord-api-types/v10";
import type { Localizations } from "./command-settings.ts";

/** One of the values that a user can pick. */
export interface OptionChoice<Value extends string | number = string | number> {
  /** What the user sees, 1 to 100 characters. */
  readonly name: string;
  /** The name in other languages. */
  readonly nameLocalizations?: Localizations | undefined;
  readonly value: Value;
}

interface OptionBase {
  /** 1 to 100 characters. */
  readonly description: string;
  /** Whether the user must give it. Defaults to false. */
  readonly required?: boolean | undefined;
  /** The name in other languages. */
  readonly nameLocalizations?: Localizations | undefined;
  /** The description in other languages. */
  readonly descriptionLocalizations?: Localizations | undefined;
}

/** A text. */
export interface StringOption extends OptionBase {
  readonly type: "string";
  /** At most 25; not together with an autocomplete handler. */
  readonly choices?: readonly OptionChoice<string>[] | undefined;
  /** 0 to 6,000 characters. */
  readonly minimumLength?: number | undefined;
  /** 1 to 6,000 characters. */
  readonly maximumLength?: number | undefined;
}

/** A whole number, or any number. */
export interface NumericOption extends OptionBase {
  readonly type: "integer" | "number";
  /** At most 25; not together with an autocomplete handler. */
  readonly choices?: readonly OptionChoice<number>[] | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
}

/** A channel of the guild. */
export interface ChannelOption extends OptionBase {
  readonly type: "channel";
  /** The types that can be picked; all when left out. */
  readonly channelTypes?: readonly ChannelType[] | undefined;
}

/** An option without further settings. */
export interface PlainOption extends OptionBase {
  readonly type: "boolean" | "user" | "role" | "mentionable" | "attachment";
}

/** One option of a command. */
export type OptionDefinition = StringOption | NumericOption | ChannelOption | PlainOption;

/** The options of a command by name. */
export type OptionDefinitions = Readonly<Record<string, OptionDefinition>>;

type SettingOf<Type> = Type extends "string"
  ? keyof StringOption
  : Type extends NumericOption["type"]
    ? keyof NumericOption
    : Type extends "channel"
      ? keyof ChannelOption
      : keyof PlainOption;

/** Forbids settings that options of a type do not have and that would be left out without a word: `min` for `minimum`. */
export type KnownSettings<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends { readonly type: infer Type }
    ? { readonly [Setting in Exclude<keyof Options[Name], SettingOf<Type>>]: never }
    : unknown;
};

/** A user that was picked, with the member's data where the command ran in a guild. */
export interface PickedUser {
  readonly user: APIUser;
  readonly member: APIInteractionDataResolvedGuildMember | undefined;
}

/** A user or a role. */
export type PickedMentionable =
  | ({ readonly type: "user"; readonly id: Snowflake } & PickedUser)
  | { readonly type: "role"; readonly id: Snowflake; readonly role: APIRole };

interface ValueByType {
  readonly string: string;
  readonly integer: number;
  readonly number: number;
  readonly boolean: boolean;
  readonly user: PickedUser;
  readonly channel: APIInteractionDataResolvedChannel;
  readonly role: APIRole;
  readonly mentionable: PickedMentionable;
  readonly attachment: APIAttachment;
}

type ValueOf<Option extends OptionDefinition> = Option extends {
  readonly choices: readonly { readonly value: infer Value }[];
}
  ? Value
  : ValueByType[Option["type"]];

/** The values that `execute` gets: required options always there, the others possibly undefined. */
export type OptionValues<Options extends OptionDefinitions> = {
  readonly [Name in keyof Options]: Options[Name] extends { readonly required: true }
    ? ValueOf<Options[Name]>
    : ValueOf<Options[Name]> | undefined;
};
