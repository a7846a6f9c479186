import { CoreError } from "./core-error.ts";

/** Every gateway intent by name, as its bit. @see [Discord Docs/Gateway Intents] */
export const GatewayIntents = {
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  guildModeration: 1 << 2,
  guildExpressions: 1 << 3,
  guildIntegrations: 1 << 4,
  guildWebhooks: 1 << 5,
  guildInvites: 1 << 6,
  guildVoiceStates: 1 << 7,
  guildPresences: 1 << 8,
  guildMessages: 1 << 9,
  guildMessageReactions: 1 << 10,
  guildMessageTyping: 1 << 11,
  directMessages: 1 << 12,
  directMessageReactions: 1 << 13,
  directMessageTyping: 1 << 14,
  messageContent: 1 << 15,
  guildScheduledEvents: 1 << 16,
  autoModerationConfiguration: 1 << 20,
  autoModerationExecution: 1 << 21,
  guildMessagePolls: 1 << 24,
  directMessagePolls: 1 << 25,
} as const;

/** The name of a gateway intent. */
export type IntentName = keyof typeof GatewayIntents;

/** The intents that Discord grants only on request. @see [Discord Docs/Privileged Intents] */
export const privilegedIntents: readonly IntentName[] = ["guildMembers", "guildPresences", "messageContent"];

/**
 * The bit field of a list of intents.
 *
 * @throws {@link CoreError} `CORE_UNKNOWN_INTENT` for a name that is none
 */
export function resolveIntents(names: readonly IntentName[]): number {
  let bits = 0;
  for (const name of names) {
    if (!Object.hasOwn(GatewayIntents, name)) {
      const known = Object.keys(GatewayIntents).join(", ");
      throw new CoreError("CORE_UNKNOWN_INTENT", `There is no gateway intent "${name}". Use some of: ${known}.`, {
        details: { intent: name },
      });
    }
    bits |= GatewayIntents[name];
  }
  return bits;
}
