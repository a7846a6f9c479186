import { requiredRanks } from "@antiphon/protocol/kryten";
import { describeError } from "@antiphon/std";
import type { CommandOptions, CorrelationId } from "./command-sender.ts";
import type { ChatFilterFields, KrytenCommands } from "./commands.ts";
import type { RobotRank } from "./robot-rank.ts";

/** What a safe command says instead of throwing. */
export type SafeCommandResult =
  | { readonly success: true; readonly messageId: CorrelationId; readonly rank: number }
  | {
      readonly success: false;
      readonly error: string;
      /** The robot's rank; undefined when even that could not be learnt. */
      readonly rank: number | undefined;
    };

/** Commands that ask for the robot's true rank first, and report instead of throwing. */
export interface SafeKrytenCommands {
  assignLeader(channel: string, username: string, options?: CommandOptions): Promise<SafeCommandResult>;
  setMotd(channel: string, motd: string, options?: CommandOptions): Promise<SafeCommandResult>;
  setChannelRank(channel: string, username: string, rank: number, options?: CommandOptions): Promise<SafeCommandResult>;
  updateEmote(
    channel: string,
    name: string,
    image: string,
    options?: CommandOptions & { readonly source?: string },
  ): Promise<SafeCommandResult>;
  addFilter(
    channel: string,
    name: string,
    filter: ChatFilterFields,
    options?: CommandOptions,
  ): Promise<SafeCommandResult>;
  setOptions(
    channel: string,
    settings: Readonly<Record<string, unknown>>,
    options?: CommandOptions,
  ): Promise<SafeCommandResult>;
}

/** Builds {@link SafeKrytenCommands}. `rankIn` asks the robot of a channel for its rank. */
export function createSafeKrytenCommands(
  commands: KrytenCommands,
  rankIn: (channel: string, options?: CommandOptions) => Promise<RobotRank>,
): SafeKrytenCommands {
  const attempt = async (
    channel: string,
    needed: number,
    options: CommandOptions | undefined,
    run: () => Promise<CorrelationId>,
  ): Promise<SafeCommandResult> => {
    let rank: number | undefined;
    try {
      ({ rank } = await rankIn(channel, options));
      if (rank < needed) return { success: false, error: `This needs rank ${needed}; the robot has ${rank}.`, rank };
      return { success: true, messageId: await run(), rank };
    } catch (error) {
      return { success: false, error: describeError(error), rank };
    }
  };
  return {
    assignLeader: (channel, username, options) =>
      attempt(channel, requiredRanks.assignLeader, options, () => commands.assignLeader(channel, username, options)),
    setMotd: (channel, motd, options) =>
      attempt(channel, requiredRanks.setMotd, options, () => commands.setMotd(channel, motd, options)),
    setChannelRank: (channel, username, rank, options) =>
      attempt(channel, requiredRanks.setChannelRank, options, () =>
        commands.setChannelRank(channel, username, rank, options),
      ),
    updateEmote: (channel, name, image, options) =>
      attempt(channel, requiredRanks.updateEmote, options, () => commands.updateEmote(channel, name, image, options)),
    addFilter: (channel, name, filter, options) =>
      attempt(channel, requiredRanks.addFilter, options, () => commands.addFilter(channel, name, filter, options)),
    setOptions: (channel, settings, options) =>
      attempt(channel, requiredRanks.setOptions, options, () => commands.setOptions(channel, settings, options)),
  };
}
