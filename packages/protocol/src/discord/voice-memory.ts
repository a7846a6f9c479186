import type { Dispatch, GatewayCommand } from "./dispatch-source.ts";
import { isSnowflake, shardIdOf, type ChannelId, type GuildId, type UserId } from "./id.ts";
import { GatewayOpcode } from "./opcode.ts";

/**
 * Where a bot is in voice: what it commanded last, corrected by what Discord told since. Discord forgets it with the gateway session that
 * commanded it, and tells nobody on the next one.
 */
export interface VoiceMemory {
  /** What brings the bot back where it is, in all guilds: for whoever takes its sessions' place. */
  readonly commands: readonly GatewayCommand[];
  /** The guilds where a session that is over had the bot, and no later one has it yet. */
  readonly lost: readonly GuildId[];
  /** Takes notice of a command that was sent; all but op 4 are passed over. */
  commanded(command: GatewayCommand): void;
  /** Takes notice of a dispatch of the session with this id. A READY loses the guilds of its shard, and forgets those that have gone. */
  told(dispatch: Pick<Dispatch, "type" | "data">, sessionId: string | undefined): void;
  /** Whether dispatches of this name are news to it now; READY always is. */
  wants(type: string): boolean;
  /**
   * Other sessions have taken over, beside which the old ones still live: all guilds are lost, but for those that are no longer `ours`,
   * which are forgotten.
   */
  sessionsReplaced(ours: (guildId: GuildId) => boolean): void;
  /** The sessions that were replaced are to end: that the bot leaves with them is no news. */
  sessionsEnded(): void;
  /** What brings the bot back in a guild; undefined unless it is lost. */
  commandFor(guildId: GuildId): GatewayCommand | undefined;
}

/** A place in voice. */
interface Place {
  readonly channelId: ChannelId;
  readonly selfMute: boolean;
  readonly selfDeaf: boolean;
  /** The session that has it, as Discord told; undefined before it did, and after that session. */
  readonly sessionId: string | undefined;
  readonly isLost: boolean;
}

interface VoiceStatePayload {
  readonly guild_id?: unknown;
  readonly channel_id?: unknown;
  readonly user_id?: unknown;
  readonly session_id?: unknown;
  readonly self_mute?: unknown;
  readonly self_deaf?: unknown;
}

interface ReadyPayload {
  readonly user?: { readonly id?: unknown };
  readonly guilds?: unknown;
  readonly shard?: unknown;
}

const READ: ReadonlySet<string> = new Set(["VOICE_STATE_UPDATE", "GUILD_DELETE"]);

const fieldsOf = <Fields extends object>(payload: unknown): Partial<Fields> =>
  typeof payload === "object" && payload !== null ? payload : {};

function commandOf(guildId: GuildId, { channelId, selfMute, selfDeaf }: Place): GatewayCommand {
  return {
    op: GatewayOpcode.VoiceStateUpdate,
    d: { guild_id: guildId, channel_id: channelId, self_mute: selfMute, self_deaf: selfDeaf },
  };
}

/** Whether a guild lives on the shard that a READY is for; one that names none is for all. */
function livesOn({ shard }: Partial<ReadyPayload>): (guildId: GuildId) => boolean {
  const [id, count] = (Array.isArray(shard) ? shard : [0, 1]) as unknown[];
  const shardCount = typeof count === "number" && Number.isInteger(count) && count > 0 ? count : 1;
  return (guildId) => shardCount === 1 || shardIdOf(guildId, shardCount) === id;
}

/**
 * Builds a {@link VoiceMemory} that knows nothing.
 *
 * @see [Discord Docs/Voice Close Event Codes, 4014], [discord/discord-api-docs#2257]
 */
export function createVoiceMemory(): VoiceMemory {
  const places = new Map<GuildId, Place>();
  let userId: UserId | undefined;

  const lose = (lives: (guildId: GuildId) => boolean) => {
    for (const [guildId, place] of places)
      if (lives(guildId)) places.set(guildId, { ...place, sessionId: undefined, isLost: true });
  };
  const onReady = (ready: Partial<ReadyPayload>) => {
    if (typeof ready.user?.id === "string") userId = ready.user.id;
    const lives = livesOn(ready);
    lose(lives);
    if (!Array.isArray(ready.guilds)) return;
    const known = new Set(ready.guilds.map((guild) => fieldsOf<{ id: unknown }>(guild).id));
    for (const guildId of places.keys()) if (lives(guildId) && !known.has(guildId)) places.delete(guildId);
  };
  const onVoiceState = (state: VoiceStatePayload, sessionId: string | undefined) => {
    const guildId = state.guild_id as GuildId;
    const place = places.get(guildId);
    if (place === undefined) return;
    // A session that another process began had its READY there; a voice state carries the id of the session that has it.
    if (sessionId !== undefined && state.session_id === sessionId) userId ??= state.user_id as UserId;
    const isFound = !place.isLost || state.session_id === sessionId;
    // Of a session that is over there may be news on its way.
    if (state.user_id !== userId || (!isFound && state.session_id !== place.sessionId)) return;
    if (typeof state.channel_id === "string") {
      places.set(guildId, {
        channelId: state.channel_id,
        selfMute: state.self_mute === true,
        selfDeaf: state.self_deaf === true,
        sessionId: state.session_id as string,
        isLost: !isFound,
      });
    }
    // What an earlier command has left is not where the bot is now.
    else if (state.session_id === place.sessionId) places.delete(guildId);
  };

  return {
    get commands() {
      return [...places].map(([guildId, place]) => commandOf(guildId, place));
    },
    get lost() {
      return [...places].filter(([, { isLost }]) => isLost).map(([guildId]) => guildId);
    },
    commanded({ op, d }) {
      if (op !== GatewayOpcode.VoiceStateUpdate) return;
      const { guild_id: guildId, channel_id: channelId, self_mute, self_deaf } = fieldsOf<VoiceStatePayload>(d);
      if (typeof guildId !== "string" || !isSnowflake(guildId)) return;
      if (typeof channelId !== "string") return void places.delete(guildId);
      const before = places.get(guildId);
      places.set(guildId, {
        channelId,
        selfMute: self_mute === true,
        selfDeaf: self_deaf === true,
        sessionId: before?.sessionId,
        isLost: before?.isLost === true,
      });
    },
    told({ type, data }, sessionId) {
      if (type === "READY") onReady(fieldsOf(data));
      else if (type === "VOICE_STATE_UPDATE") onVoiceState(fieldsOf(data), sessionId);
      else if (type === "GUILD_DELETE") {
        const { id, unavailable } = fieldsOf<{ id: GuildId; unavailable: unknown }>(data);
        // An outage is no farewell.
        if (unavailable !== true && id !== undefined) places.delete(id);
      }
    },
    wants: (type) => type === "READY" || (places.size > 0 && READ.has(type)),
    sessionsReplaced(ours) {
      for (const guildId of places.keys()) if (!ours(guildId)) places.delete(guildId);
      for (const [guildId, place] of places) places.set(guildId, { ...place, isLost: true });
    },
    sessionsEnded: () => lose((guildId) => places.get(guildId)?.isLost === true),
    commandFor(guildId) {
      const place = places.get(guildId);
      return place?.isLost === true ? commandOf(guildId, place) : undefined;
    },
  };
}
