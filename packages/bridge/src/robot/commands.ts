import {
  isCytubeFrame,
  type CytubeFrame,
  type CytubeFrameName,
  type CytubeFrames,
  type CytubePermission,
} from "@antiphon/protocol/cytube";
import type { ChannelState } from "./channel-state.ts";
import type { CommandArguments } from "./command-arguments.ts";
import type { PerformAction } from "./cytube-action.ts";
import { RobotFailure } from "./robot-failure.ts";

/** What a command works with. */
export interface CommandContext {
  readonly args: CommandArguments;
  readonly state: () => ChannelState;
  /** The robot's own name; empty when it only listens. */
  readonly username: () => string;
  readonly perform: PerformAction;
  /** Whether addresses are left out of answers. */
  readonly redact: boolean;
}

/** What comes back under `data`, beside `success: true`. */
export type CommandResult = Readonly<Record<string, unknown>>;

/** A command of the robot. */
export interface RobotCommand {
  /** What the robot needs for it: a permission of the channel, or a rank. Asked before anything is sent. */
  readonly needs?: CytubePermission | number;
  /** Commands of one lane run one after another, so that each knows its own effect. */
  readonly lane: "chat" | "playlist" | "playback" | "moderation" | "poll" | "settings" | "questions";
  run(context: CommandContext): Promise<CommandResult>;
}

const ADD_TIMEOUT_MS = 8_000;
const DONE: CommandResult = {};

/** The result DONE once a frame of this name passes the test. */
export function when<Name extends CytubeFrameName>(
  name: Name,
  test: (payload: CytubeFrames[Name]) => boolean = () => true,
): (frame: CytubeFrame) => CommandResult | undefined {
  // What the frame's name says of its payload is lost on the compiler where the name is a type parameter.
  return (frame) =>
    frame.known && frame.name === name && test(frame.payload as CytubeFrames[Name]) ? DONE : undefined;
}

function nothingThere(what: string): RobotFailure {
  return new RobotFailure("ROBOT_NOTHING_THERE", what);
}

/** The uid in the arguments, if the playlist has it. */
function knownUid({ args, state }: CommandContext, ...names: readonly string[]): number {
  const uid = args.number(...names);
  if (state().items.some((item) => item.uid === uid)) return uid;
  throw nothingThere(`The playlist has no item with uid ${uid}.`);
}

const playlistCommands: Readonly<Record<string, RobotCommand>> = {
  addvideo: {
    lane: "playlist",
    async run({ args, perform, username }) {
      const id = args.text("id", "url", "media_id");
      const type = args.text("type", "media_type");
      const position = args.optionalText("pos", "position") ?? "end";
      const pos = position === "next" || position === "prepend" || position === "start" ? "next" : "end";
      const payload = {
        id,
        type,
        pos,
        temp: args.flag(true, "temp"),
        ...(type === "cu" ? { title: args.optionalText("title") ?? id } : {}),
      };
      return perform({
        send: [["queue", payload]],
        // An embed gets an id of CyTube's own.
        shows: (frame) =>
          isCytubeFrame(frame, "queue") &&
          frame.payload.item.queueby === username() &&
          (type === "cu" || frame.payload.item.media.id === id)
            ? { uid: frame.payload.item.uid }
            : undefined,
        refuses: (frame) =>
          isCytubeFrame(frame, "queueFail") && frame.payload.id === id ? frame.payload.msg : undefined,
        timeoutMs: ADD_TIMEOUT_MS,
      });
    },
  },
  rmvideo: {
    lane: "playlist",
    async run(context) {
      const uid = knownUid(context, "uid");
      return context.perform({ send: [["delete", uid]], shows: when("delete", (payload) => payload.uid === uid) });
    },
  },
  mvvideo: {
    lane: "playlist",
    async run(context) {
      const from = knownUid(context, "from", "from_uid", "uid");
      const after = context.args.place("after", "after_uid", "position");
      return context.perform({
        send: [["moveMedia", { from, after }]],
        shows: when("moveVideo", (payload) => payload.from === from),
      });
    },
  },
  jump: {
    lane: "playback",
    async run(context) {
      const uid = knownUid(context, "uid");
      return context.perform({ send: [["jumpTo", uid]], shows: when("setCurrent", (current) => current === uid) });
    },
  },
  clear: {
    needs: "playlistclear",
    lane: "playlist",
    run: ({ perform }) =>
      perform({ send: [["clearPlaylist"]], shows: when("playlist", (items) => items.length === 0) }),
  },
  shuffle: {
    needs: "playlistshuffle",
    lane: "playlist",
    run: ({ perform }) => perform({ send: [["shufflePlaylist"]], shows: when("playlist") }),
  },
  settemp: {
    needs: "settemp",
    lane: "playlist",
    async run(context) {
      const payload = { uid: knownUid(context, "uid"), temp: context.args.flag(true, "temp", "is_temp") };
      return context.perform({
        send: [["setTemp", payload]],
        shows: when("setTemp", ({ uid, temp }) => uid === payload.uid && temp === payload.temp),
      });
    },
  },
  playNext: {
    lane: "playback",
    async run({ perform, state }) {
      if (state().current === undefined) throw nothingThere("Nothing plays.");
      return perform({ send: [["playNext"]], shows: when("changeMedia") });
    },
  },
  voteskip: {
    needs: "voteskip",
    lane: "playback",
    async run({ perform, state }) {
      if (state().current === undefined) throw nothingThere("Nothing plays.");
      const shows = (frame: CytubeFrame) =>
        when("voteskip", ({ count }) => count > 0)(frame) ?? when("changeMedia")(frame);
      return perform({ send: [["voteskip"]], shows });
    },
  },
};

/** CyTube has no frames to pause, play or seek: only what its leader says of the media counts. */
function lead(
  timeOf: (context: CommandContext) => { readonly time?: number; readonly paused?: boolean },
): RobotCommand {
  return {
    needs: "leaderctl",
    lane: "playback",
    async run(context) {
      const { perform, state, username } = context;
      const { current } = state();
      if (current === undefined) throw nothingThere("Nothing plays.");
      const wanted = timeOf(context);
      await perform({
        send: [["assignLeader", { name: username() }]],
        shows: when("setLeader", (name) => name === username()),
      });
      const paused = wanted.paused ?? current.paused;
      const currentTime = Math.max(0, wanted.time ?? current.currentTime);
      const giveBack = () =>
        perform({ send: [["assignLeader", { name: "" }]], shows: when("setLeader", (name) => name === "") });
      const update = perform({
        send: [["mediaUpdate", { id: current.id, currentTime, paused, type: current.type }]],
        shows: when("mediaUpdate", (payload) => payload.paused === paused && payload.currentTime === currentTime),
      });
      const result = await update.catch(async (error: unknown) => {
        // The first failure is the one to tell; a lead that cannot be given back either is gone with the robot.
        if (!current.paused) await giveBack().catch(() => {});
        throw error;
      });
      // While a leader is silent, time stands still; so the lead goes back as soon as it is to run.
      if (!paused) await giveBack();
      return { ...result, currentTime, paused };
    },
  };
}

const playbackCommands: Readonly<Record<string, RobotCommand>> = {
  pause: lead(() => ({ paused: true })),
  play: lead(() => ({ paused: false })),
  seek: lead(({ args }) => ({ time: args.number("time", "time_seconds") })),
  assignLeader: {
    needs: "leaderctl",
    lane: "playback",
    async run({ args, perform, state }) {
      const name = args.text("name", "username");
      const user = state().users.find((each) => each.name.toLowerCase() === name.toLowerCase());
      if (name !== "" && user === undefined) throw nothingThere(`${name} is not in the channel.`);
      const leader = user?.name ?? "";
      return perform({
        send: [["assignLeader", { name: leader }]],
        shows: when("setLeader", (payload) => payload === leader),
      });
    },
  },
};

const pollCommands: Readonly<Record<string, RobotCommand>> = {
  newPoll: {
    needs: "pollctl",
    lane: "poll",
    async run({ args, perform, username }) {
      const timeout = args.optionalNumber("timeout") ?? 0;
      const payload = {
        title: args.text("title"),
        // kryten-py says `opts`, kryten-robot reads `options`.
        opts: args.texts("options", "opts"),
        obscured: args.flag(false, "obscured"),
        retainVotes: args.flag(false, "retainVotes", "retain_votes"),
        // kryten-py's default of 0 means never, which CyTube says by leaving it out.
        ...(timeout === 0 ? {} : { timeout }),
      };
      if (timeout !== 0 && !(timeout >= 1 && timeout <= 86_400))
        throw new RobotFailure("ROBOT_ARGUMENT_INVALID", "Poll timeout must be between 1 and 86400 seconds");
      return perform({
        send: [["newPoll", payload]],
        shows: when("newPoll", ({ initiator }) => initiator === username()),
      });
    },
  },
  vote: {
    needs: "pollvote",
    lane: "poll",
    async run({ args, perform, state }) {
      const option = args.number("option");
      const { poll } = state();
      if (poll === undefined) throw nothingThere("There is no poll.");
      if (poll.options[option] === undefined) throw nothingThere(`The poll has no option ${option}.`);
      return perform({ send: [["vote", { option }]], shows: when("updatePoll") });
    },
  },
  closePoll: {
    needs: "pollctl",
    lane: "poll",
    async run({ perform, state }) {
      if (state().poll === undefined) throw nothingThere("There is no poll.");
      return perform({ send: [["closePoll"]], shows: when("closePoll") });
    },
  },
};

/** Commands for playlist, playback and polls. */
export const mediaCommands: Readonly<Record<string, RobotCommand>> = {
  ...playlistCommands,
  ...playbackCommands,
  ...pollCommands,
};
