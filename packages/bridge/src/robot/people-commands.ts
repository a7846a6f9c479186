import { isCytubeFrame, type CytubeFrame } from "@antiphon/protocol/cytube";
import { when, type CommandContext, type CommandResult, type RobotCommand } from "./commands.ts";
import { redactLog, redactPayload } from "./redaction.ts";
import { RobotFailure } from "./robot-failure.ts";

const USER_NAME = /^[\w\u00c0-\u00ff-]{1,20}$/;

/** A user who is there, as CyTube writes the name. */
function present({ args, state }: CommandContext): string {
  const wanted = args.text("username", "name");
  const user = state().users.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (user !== undefined) return user.name;
  throw new RobotFailure("ROBOT_NOTHING_THERE", `${wanted} is not in the channel.`);
}

/** Mutes go through chat, and show in the user's meta. */
function mute(word: "mute" | "smute" | "unmute"): RobotCommand {
  return {
    needs: "mute",
    lane: "moderation",
    async run(context) {
      const name = present(context);
      const meta = context.state().users.find((user) => user.name === name)?.meta ?? {};
      const isSo = ({
        muted = false,
        smuted = false,
      }: {
        readonly muted?: boolean | undefined;
        readonly smuted?: boolean | undefined;
      }) => (word === "unmute" ? !muted && !smuted : word === "smute" ? smuted : muted && !smuted);
      if (isSo(meta)) return { unchanged: true };
      return context.perform({
        send: [["chatMsg", { msg: `/${word} ${name}`, meta: {} }]],
        shows: when("setUserMeta", (payload) => payload.name === name && isSo(payload.meta)),
      });
    },
  };
}

const isWhisper = (text: string) =>
  when("chatMsg", ({ username, msg }) => username === "[server]" && msg.includes(text));

const moderationCommands: Readonly<Record<string, RobotCommand>> = {
  mute: mute("mute"),
  smute: mute("smute"),
  unmute: mute("unmute"),
  kick: {
    needs: "kick",
    lane: "moderation",
    async run(context) {
      const name = present(context);
      const msg = `/kick ${name} ${context.args.optionalText("reason") ?? ""}`.trim();
      return context.perform({
        send: [["chatMsg", { msg, meta: {} }]],
        shows: when("userLeave", (payload) => payload.name === name),
      });
    },
  },
  ban: {
    needs: "ban",
    lane: "moderation",
    async run({ args, perform }) {
      const name = args.text("username", "name");
      // CyTube reads the first word only, and the rest as the reason.
      if (!USER_NAME.test(name))
        throw new RobotFailure("ROBOT_ARGUMENT_INVALID", "The argument username must be a name that CyTube allows.");
      const msg = `/ban ${name} ${args.optionalText("reason") ?? ""}`.trim();
      return perform({ send: [["chatMsg", { msg, meta: {} }]], shows: isWhisper(`namebanned ${name.toLowerCase()}`) });
    },
  },
  unban: {
    needs: "ban",
    lane: "moderation",
    async run({ args, perform }) {
      const id = args.optionalNumber("ban_id", "id");
      const name = id === undefined ? args.text("username", "name") : undefined;
      const { banlist } = await perform({ send: [["requestBanlist"]], shows: bansIn });
      const ban = banlist.find((each) => (id === undefined ? each.name === name?.toLowerCase() : each.id === id));
      if (ban === undefined)
        throw new RobotFailure("ROBOT_NOTHING_THERE", `No ban found for ${id === undefined ? name : `id ${id}`}.`);
      const payload = { id: ban.id, name: ban.name };
      return perform({ send: [["unban", payload]], shows: when("banlistRemove", (removed) => removed.id === ban.id) });
    },
  },
  setChannelRank: {
    needs: 3,
    lane: "moderation",
    async run({ args, perform }) {
      const name = args.text("username", "name");
      const rank = args.number("rank");
      const isIt = (each: { readonly name: string; readonly rank: number }) =>
        each.name.toLowerCase() === name.toLowerCase() && each.rank === rank;
      return perform({
        // The list shows the rank of somebody who is away too.
        send: [["setChannelRank", { name, rank }], ["requestChannelRanks"]],
        shows: (frame) => when("setUserRank", isIt)(frame) ?? when("channelRanks", (ranks) => ranks.some(isIt))(frame),
        refuses: (frame) => (isCytubeFrame(frame, "channelRankFail") ? frame.payload.msg : undefined),
      });
    },
  },
};

function bansIn(frame: CytubeFrame) {
  return isCytubeFrame(frame, "banlist") ? { banlist: frame.payload } : undefined;
}

const chatCommands: Readonly<Record<string, RobotCommand>> = {
  say: {
    needs: "chat",
    lane: "chat",
    run(context) {
      const msg = context.args.text("message", "msg");
      const [word = "", name = "", ...reason] = msg.split(" ");
      // What kryten-py sends as chat is moderation too, and succeeds only when it had its effect.
      const command =
        Object.hasOwn(moderationCommands, word.slice(1)) && word.startsWith("/")
          ? moderationCommands[word.slice(1)]
          : undefined;
      if (command !== undefined) return command.run(withTarget(context, name, reason.join(" ")));
      return sayIt(context, msg);
    },
  },
  pm: {
    needs: "chat",
    lane: "chat",
    async run({ args, perform, username }) {
      const to = args.text("to", "username");
      const msg = args.text("msg", "message");
      const isMine = (payload: { readonly username: string; readonly to: string }) =>
        payload.username === username() && payload.to.toLowerCase() === to.toLowerCase();
      return perform({ send: [["pm", { to, msg, meta: {} }]], shows: when("pm", isMine), refuses: tooFast });
    },
  },
};

function sayIt({ perform, username }: CommandContext, msg: string): Promise<CommandResult> {
  // Of /clear and its kind nothing comes back under the robot's name.
  if (/^\/(?!me |sp |say |shout )/.test(msg))
    return perform({ send: [["chatMsg", { msg, meta: {} }]], shows: () => ({}) });
  return perform({
    send: [["chatMsg", { msg, meta: {} }]],
    shows: when("chatMsg", (payload) => payload.username === username()),
    refuses: tooFast,
  });
}

function withTarget(context: CommandContext, username: string, reason: string): CommandContext {
  const args: CommandContext["args"] = {
    ...context.args,
    text: () => username,
    optionalText: () => (reason === "" ? undefined : reason),
    optionalNumber: () => undefined,
  };
  return { ...context, args };
}

function tooFast(frame: CytubeFrame): string | undefined {
  if (isCytubeFrame(frame, "cooldown")) return "CyTube dropped the message: too many at once.";
  return isCytubeFrame(frame, "spamFiltered") ? `CyTube dropped the message: ${frame.payload.reason}` : undefined;
}

const questions: Readonly<Record<string, RobotCommand>> = {
  requestBanlist: {
    needs: "ban",
    lane: "questions",
    async run({ perform, redact }) {
      const { banlist } = await perform({ send: [["requestBanlist"]], shows: bansIn });
      return { banlist: redact ? redactPayload({ name: "banlist", payload: banlist }) : banlist };
    },
  },
  requestChannelRanks: {
    needs: 3,
    lane: "questions",
    run: ({ perform }) =>
      perform({
        send: [["requestChannelRanks"]],
        shows: (frame) => (isCytubeFrame(frame, "channelRanks") ? { ranks: frame.payload } : undefined),
      }),
  },
  readChanLog: {
    needs: 3,
    lane: "questions",
    async run({ args, perform, redact }) {
      const count = args.optionalNumber("count") ?? 100;
      const log = await perform({
        send: [["readChanLog", {}]],
        shows: (frame) => (isCytubeFrame(frame, "readChanLog") ? { text: frame.payload.data ?? "" } : undefined),
      });
      // CyTube knows no count and sends up to 100 KB.
      return { log: (redact ? redactLog(log.text) : log.text).split("\n").slice(-count) };
    },
  },
  searchLibrary: {
    lane: "questions",
    async run({ args, perform }) {
      const payload = { query: args.text("query"), source: args.optionalText("source") ?? "library" };
      return perform({
        send: [["searchMedia", payload]],
        shows: (frame) => (isCytubeFrame(frame, "searchResults") ? { results: frame.payload.results } : undefined),
      });
    },
  },
};

/** Commands for chat, moderation and questions about people. */
export const peopleCommands: Readonly<Record<string, RobotCommand>> = {
  ...chatCommands,
  ...moderationCommands,
  ...questions,
};
