import { createHash } from "node:crypto";
import { createKeyedMutex, describeError, isAntiphonError, silentLogger, type Clock, type Logger } from "@antiphon/std";
import { normalizeSubjectToken, type KrytenCommand, type KrytenReply } from "@antiphon/protocol/kryten";
import { createAdminGate, isAdminCommand, type AdministrationOptions } from "./administration.ts";
import type { ChannelState } from "./channel-state.ts";
import { readArguments } from "./command-arguments.ts";
import { mediaCommands, type CommandResult, type RobotCommand } from "./commands.ts";
import type { PerformAction } from "./cytube-action.ts";
import { peopleCommands } from "./people-commands.ts";
import { robotQueries, type RobotFacts } from "./queries.ts";
import { RobotFailure } from "./robot-failure.ts";
import { settingsCommands } from "./settings-commands.ts";

/** Options of {@link createCommandRunner}. */
export interface CommandRunnerOptions {
  readonly domain: string;
  readonly channel: string;
  readonly state: () => ChannelState;
  /** The state as others may see it. */
  readonly publicState: () => ChannelState;
  readonly facts: () => RobotFacts;
  readonly username: () => string;
  readonly perform: PerformAction;
  /** Whether addresses are left out of answers. */
  readonly redact: boolean;
  readonly administration: AdministrationOptions | undefined;
  readonly clock: Clock;
  readonly logger?: Logger;
}

/** Runs commands and answers questions. */
export interface CommandRunner {
  /** Never rejects: what goes wrong is in the reply. Undefined when the command is meant for another robot. */
  run(command: KrytenCommand): Promise<KrytenReply | undefined>;
  readonly processed: number;
  readonly failed: number;
}

const table: Readonly<Record<string, RobotCommand>> = { ...mediaCommands, ...peopleCommands, ...settingsCommands };

/** Other names of commands: of the old dialect, and those that kryten-py sends and kryten-robot does not know. */
const otherNames: Readonly<Record<string, string>> = {
  chat: "say",
  queue: "addvideo",
  addvideo: "addvideo",
  "playlist.queue": "addvideo",
  delete: "rmvideo",
  "playlist.delete": "rmvideo",
  move: "mvvideo",
  "playlist.move": "mvvideo",
  searchmedia: "searchLibrary",
  uncache: "deleteFromLibrary",
};
const byPlainName = new Map(Object.keys(table).map((name) => [plain(name), name]));

/** Whoever is on the bus could read the robot's files with these; they are for its operator's hands. */
const disabled = new Set(["system.reload", "system.config"]);
/** So that the answer leaves before the robot does. */
const SHORTEST_STOP_MS = 100;

/** How many answers are kept for commands that come a second time. */
const REMEMBERED_REPLIES = 1_000;
/** The most commands of a lane that are under way or wait; CyTube may take seconds for each. */
const LANE_LIMIT = 100;

function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

function findCommand(name: string): RobotCommand | undefined {
  const key = plain(name);
  const canonical = (Object.hasOwn(otherNames, key) ? otherNames[key] : undefined) ?? byPlainName.get(key);
  return canonical === undefined ? undefined : table[canonical];
}

/** Questions change nothing: who asks again wants to know what is so now, and what they were told may be large. */
function isQuestion(name: string): boolean {
  return Object.hasOwn(robotQueries, name) || findCommand(name)?.lane === "questions";
}

/** What tells a repeated command from another; hashed, because senders choose how long their ids are. */
function repeatKey({ source, command, requestId }: KrytenCommand): string {
  return createHash("sha256")
    .update(JSON.stringify([source, command, requestId]))
    .digest("base64");
}

function commandNamed(name: string): RobotCommand {
  const command = findCommand(name);
  if (command !== undefined) return command;
  throw new RobotFailure("ROBOT_COMMAND_UNKNOWN", `Unknown command: ${name.slice(0, 100)}`);
}

/** Builds a {@link CommandRunner}. */
export function createCommandRunner(options: CommandRunnerOptions): CommandRunner {
  const { domain, channel, state, publicState, facts, username, perform, redact, logger = silentLogger } = options;
  const { administration, clock } = options;
  const gate =
    administration === undefined
      ? undefined
      : createAdminGate({ senders: administration.senders, domain, channel, clock });
  const lanes = createKeyedMutex<RobotCommand["lane"]>();
  const inLane = new Map<RobotCommand["lane"], number>();
  const replies = new Map<string, Promise<KrytenReply>>();
  let processed = 0;
  let failed = 0;

  const inTurn = async (lane: RobotCommand["lane"], run: () => Promise<CommandResult>): Promise<CommandResult> => {
    const ahead = inLane.get(lane) ?? 0;
    if (ahead >= LANE_LIMIT)
      throw new RobotFailure("ROBOT_BUSY", `${ahead} commands of this kind wait already; give it again later.`);
    inLane.set(lane, ahead + 1);
    try {
      return await lanes.run(lane, run);
    } finally {
      inLane.set(lane, (inLane.get(lane) ?? 1) - 1);
    }
  };

  const checkRank = ({ needs }: RobotCommand): void => {
    if (needs === undefined) return;
    const { rank, permissions } = state();
    const needed = typeof needs === "number" ? needs : (permissions[needs] ?? Number.POSITIVE_INFINITY);
    if (rank >= needed) return;
    throw new RobotFailure("ROBOT_RANK_TOO_LOW", `This needs rank ${needed} in ${channel}; the robot has ${rank}.`);
  };

  const stopSoon = (given: KrytenCommand): CommandResult => {
    if (gate === undefined || administration === undefined) return {};
    const request = gate.check(given.command, given.args);
    logger.info("an administrator stops the robot", { ...request });
    clock.setTimer(Math.max(SHORTEST_STOP_MS, request.delayMs), () => administration.stop(request), {
      keepAlive: false,
    });
    return { success: true, action: request.action, delay_seconds: request.delayMs / 1_000 };
  };

  const execute = async (given: KrytenCommand): Promise<CommandResult> => {
    if (given.service !== undefined && given.service !== "robot" && given.service !== "system")
      throw new RobotFailure("ROBOT_WRONG_SERVICE", `Command intended for '${given.service}', not 'robot'`);
    const query = Object.hasOwn(robotQueries, given.command) ? robotQueries[given.command] : undefined;
    const args = readArguments(given.args);
    if (query !== undefined) return query(publicState(), facts(), args);
    if (disabled.has(given.command) || (isAdminCommand(given.command) && administration === undefined))
      throw new RobotFailure("ROBOT_COMMAND_DISABLED", `${given.command} cannot be given over the bus.`);
    if (isAdminCommand(given.command)) return stopSoon(given);
    const command = commandNamed(given.command);
    checkRank(command);
    const result = await inTurn(command.lane, () => command.run({ args, state, username, perform, redact }));
    return { success: true, ...result };
  };

  const reply = async (given: KrytenCommand): Promise<KrytenReply> => {
    processed++;
    try {
      return { ok: true, data: await execute(given) };
    } catch (error) {
      failed++;
      if (error instanceof RobotFailure) return { ok: false, error: error.message, code: error.code };
      logger.error("command failed", { command: given.command, error });
      const code = isAntiphonError(error) ? error.code : "ROBOT_COMMAND_FAILED";
      return { ok: false, error: isAntiphonError(error) ? describeError(error) : "The robot failed.", code };
    }
  };

  /** A command that comes again under its id is not done again: whoever repeats it missed the answer. */
  const once = (given: KrytenCommand): Promise<KrytenReply> => {
    if (given.requestId === undefined || isQuestion(given.command)) return reply(given);
    const key = repeatKey(given);
    const known = replies.get(key);
    if (known !== undefined) return known;
    const answer = reply(given).then((replied) => {
      // That one was not begun, and may be given again.
      if (!replied.ok && replied.code === "ROBOT_BUSY") replies.delete(key);
      return replied;
    });
    replies.set(key, answer);
    const [oldest] = replies.keys();
    if (replies.size > REMEMBERED_REPLIES && oldest !== undefined) replies.delete(oldest);
    return answer;
  };

  return {
    async run(given) {
      const otherChannel = given.channel !== undefined && !sameChannel(given.channel, channel);
      const otherDomain = given.domain !== undefined && given.domain.toLowerCase() !== domain.toLowerCase();
      // Many robots listen on one subject; the one that is meant answers.
      return otherChannel || otherDomain ? undefined : once(given);
    },
    get processed() {
      return processed;
    },
    get failed() {
      return failed;
    },
  };
}

function sameChannel(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase() || normalizeSubjectToken(left) === normalizeSubjectToken(right);
}
