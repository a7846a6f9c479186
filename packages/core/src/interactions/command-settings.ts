import {
  ApplicationIntegrationType,
  InteractionContextType,
  type Locale,
  type LocalizationMap,
} from "discord-api-types/v10";
import { resolvePermissions, type PermissionsInput } from "../permissions.ts";

const contextTypes = {
  guild: InteractionContextType.Guild,
  botDm: InteractionContextType.BotDM,
  privateChannel: InteractionContextType.PrivateChannel,
} as const;
const integrationTypes = {
  guild: ApplicationIntegrationType.GuildInstall,
  user: ApplicationIntegrationType.UserInstall,
} as const;

/** Where a command can be used. */
export type CommandContextName = keyof typeof contextTypes;

/** Texts by the language they are in: `{ de: "abspielen", "pt-BR": "tocar" }`; what is missing shows the default text. */
export type Localizations = { readonly [Language in `${Locale}`]?: string | undefined };

/** What all commands have in common. */
export interface CommandSettings<Contexts extends readonly CommandContextName[]> {
  /** 1 to 32 characters; lowercase for slash commands. */
  readonly name: string;
  /** The name in other languages. */
  readonly nameLocalizations?: Localizations | undefined;
  /** Where it can be used; `["guild"]` makes `guildId` and `member` certain. Defaults to everywhere. */
  readonly contexts?: Contexts | undefined;
  /** How the bot must be installed. Defaults to `["guild"]`. */
  readonly integrationTypes?: readonly (keyof typeof integrationTypes)[] | undefined;
  /** What a member needs to see it. Defaults to nothing. */
  readonly defaultMemberPermissions?: PermissionsInput | undefined;
  /** Whether it is age-restricted. Defaults to false. */
  readonly nsfw?: boolean | undefined;
}

/** The part of a command's JSON that its settings make. */
export function settingsBody(settings: CommandSettings<readonly CommandContextName[]>) {
  const { contexts, integrationTypes: integrations, defaultMemberPermissions, nsfw } = settings;
  return {
    ...nameBody(settings),
    ...(contexts !== undefined && { contexts: contexts.map((name) => contextTypes[name]) }),
    ...(integrations !== undefined && { integration_types: integrations.map((name) => integrationTypes[name]) }),
    ...(defaultMemberPermissions !== undefined && {
      default_member_permissions: String(resolvePermissions(defaultMemberPermissions)),
    }),
    ...(nsfw !== undefined && { nsfw }),
  };
}

/** A name with its translations, as the API's JSON. */
export function nameBody(named: { readonly name: string; readonly nameLocalizations?: Localizations | undefined }) {
  const { name, nameLocalizations } = named;
  return { name, ...(nameLocalizations !== undefined && { name_localizations: localizationBody(nameLocalizations) }) };
}

/** Translations as the API's JSON; languages whose text is undefined are left out. */
export function localizationBody(texts: Localizations): LocalizationMap {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined));
}

/** Whether a command can be used in guilds alone. */
export function isGuildOnly(contexts: readonly CommandContextName[] | undefined): boolean {
  return contexts?.length === 1 && contexts[0] === "guild";
}
