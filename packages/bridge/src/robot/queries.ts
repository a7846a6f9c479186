import type { CytubeUser } from "@antiphon/protocol/cytube";
import type { ChannelState } from "./channel-state.ts";
import type { CommandArguments } from "./command-arguments.ts";
import { RobotFailure } from "./robot-failure.ts";

/** What the robot knows of itself. */
export interface RobotFacts {
  readonly version: string;
  readonly domain: string;
  readonly channel: string;
  readonly uptimeSeconds: number;
  readonly inChannel: boolean;
  readonly busConnected: boolean;
  readonly reconnects: number;
  readonly eventsPublished: number;
  readonly eventsFailed: number;
  readonly commandsProcessed: number;
  readonly commandsFailed: number;
  readonly stateConflicts: number;
  /** ISO 8601 with `+00:00`. */
  readonly timestamp: string;
}

/** A question that is answered from what is known, without asking CyTube. The state is redacted already. */
export type RobotQuery = (
  state: ChannelState,
  facts: RobotFacts,
  args: CommandArguments,
) => Readonly<Record<string, unknown>>;

function userNamed(state: ChannelState, args: CommandArguments): CytubeUser {
  const name = args.text("username", "name");
  const user = state.users.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (user !== undefined) return user;
  throw new RobotFailure("ROBOT_NOTHING_THERE", `${name} is not in the channel.`);
}

const lists = ({ emotes, items, users }: ChannelState) => ({ emotes, playlist: items, userlist: users });

/** Questions by kryten's names for them. */
export const robotQueries: Readonly<Record<string, RobotQuery>> = {
  "state.emotes": ({ emotes }) => ({ emotes }),
  "state.playlist": ({ items }) => ({ playlist: items }),
  "state.userlist": ({ users }) => ({ userlist: users }),
  "state.all": (state) => ({
    ...lists(state),
    stats: {
      emote_count: state.emotes.length,
      playlist_count: state.items.length,
      user_count: state.users.length,
    },
  }),
  "state.user": (state, _, args) => {
    const user = userNamed(state, args);
    return { user, profile: user.profile ?? null };
  },
  "state.profiles": ({ users }) => ({
    profiles: Object.fromEntries(users.map(({ name, profile }) => [name, profile ?? null])),
  }),
  "state.current": ({ current }) => ({ current: current ?? null }),
  "state.motd": ({ motd }) => ({ motd }),
  "state.css": ({ css }) => ({ css }),
  "state.js": ({ js }) => ({ js }),
  "state.options": ({ options }) => ({ options }),
  "state.permissions": ({ permissions }) => ({ permissions }),
  "system.ping": (_, facts) => ({
    pong: true,
    service: "robot",
    version: facts.version,
    uptime_seconds: facts.uptimeSeconds,
    timestamp: facts.timestamp,
    cytube_connected: facts.inChannel,
    channel: facts.channel,
    domain: facts.domain,
  }),
  "system.version": (_, { version }) => ({ version }),
  "system.health": (_, facts) => ({
    service: "robot",
    status: facts.inChannel && facts.busConnected ? "healthy" : "degraded",
    cytube_connected: facts.inChannel,
    nats_connected: facts.busConnected,
    uptime_seconds: facts.uptimeSeconds,
  }),
  "system.channels": (_, { domain, channel, inChannel }) => ({ channels: [{ domain, channel, connected: inChannel }] }),
  "system.stats": (state, facts) => ({
    uptime_seconds: facts.uptimeSeconds,
    events: { total_published: facts.eventsPublished, failed: facts.eventsFailed },
    commands: { processed: facts.commandsProcessed, failed: facts.commandsFailed },
    connections: {
      cytube: { connected: facts.inChannel, reconnect_count: facts.reconnects },
      nats: { connected: facts.busConnected },
    },
    state: {
      users: state.users.length,
      playlist: state.items.length,
      emotes: state.emotes.length,
      conflicts: facts.stateConflicts,
    },
  }),
};
