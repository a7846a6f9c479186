import type { Channel } from "./channel.ts";
import { frame, type FrameHandler } from "./frame-handler.ts";
import { effectiveRank } from "./member.ts";
import { sanitizeText } from "./sanitize.ts";

const MAXIMUM_CHOICES = 50;
const MAXIMUM_TEXT = 255;

interface NewPoll {
  readonly title: string;
  readonly opts: readonly unknown[];
  readonly obscured: boolean;
  readonly timeout?: number;
}

function sendPoll(channel: Channel, event: string): void {
  const { poll } = channel;
  if (poll === undefined) return;
  for (const viewer of channel.members) viewer.socket.emit(event, channel.packPoll(poll, effectiveRank(viewer)));
}

function closePoll(channel: Channel): void {
  if (channel.poll === undefined) return;
  channel.poll.timer?.cancel();
  if (channel.poll.obscured) {
    channel.poll = { ...channel.poll, obscured: false };
    sendPoll(channel, "updatePoll");
  }
  channel.poll = undefined;
  channel.broadcast("closePoll");
}

/** Polls. */
export const pollFrames: Readonly<Record<string, FrameHandler>> = {
  newPoll: frame(
    { title: "string", opts: "array", obscured: "boolean", timeout: "number?", retainVotes: "boolean?" },
    (channel, member, data: NewPoll, acknowledge) => {
      if (!channel.may(member, "pollctl")) return;
      const { title, opts, obscured, timeout } = data;
      if (timeout !== undefined && !(timeout >= 1 && timeout <= 86_400))
        return acknowledge({ error: { message: "Poll timeout must be between 1 and 86400 seconds" } });
      if (opts.length > MAXIMUM_CHOICES)
        return acknowledge({ error: { message: `Polls are limited to a maximum of ${MAXIMUM_CHOICES} options.` } });
      closePoll(channel);
      const { clock } = channel.site;
      const timer =
        timeout === undefined
          ? undefined
          : clock.setTimer(timeout * 1000, () => closePoll(channel), { keepAlive: false });
      const options = opts.map((option) => sanitizeText(String(option).slice(0, MAXIMUM_TEXT)));
      channel.poll = {
        title: sanitizeText(title.slice(0, MAXIMUM_TEXT)),
        options,
        counts: options.map(() => 0),
        initiator: member.name,
        timestamp: clock.now(),
        obscured,
        votes: new Map(),
        timer,
      };
      sendPoll(channel, "newPoll");
      acknowledge({});
    },
  ),
  vote: frame({ option: "number" }, (channel, member, { option }: { option: number }) => {
    const { poll } = channel;
    if (poll === undefined || !channel.may(member, "pollvote") || !(option in poll.counts)) return;
    const before = poll.votes.get(member.ip);
    if (before !== undefined) poll.counts[before] = (poll.counts[before] ?? 1) - 1;
    poll.votes.set(member.ip, option);
    poll.counts[option] = (poll.counts[option] ?? 0) + 1;
    sendPoll(channel, "updatePoll");
  }),
  closePoll: frame(undefined, (channel, member) => {
    if (channel.may(member, "pollctl")) closePoll(channel);
  }),
};
