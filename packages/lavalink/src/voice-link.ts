import type {
  ChannelId,
  GuildId,
  VoiceServerDispatch,
  VoiceSignaling,
  VoiceStateDispatch,
} from "@antiphon/protocol/discord";
import { nodeVoiceCloseAction, type PlayerPatch } from "@antiphon/protocol/lavalink";
import { withSignal, type Clock, type Timer } from "@antiphon/std";
import { LavalinkError } from "./error.ts";

/** What a node needs to join: always complete, never a null endpoint. */
export type VoiceCredentials = NonNullable<PlayerPatch["voice"]>;

/** What a {@link VoiceLink} is built from. */
export interface VoiceLinkOptions {
  readonly guildId: GuildId;
  readonly signaling: VoiceSignaling;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Told whenever the credentials are new. */
  changed(credentials: VoiceCredentials): void;
  /** Told once when the voice channel is lost for good. */
  lost(error: LavalinkError): void;
}

/** The bot's place in one guild's voice channel, as told by the main gateway in two dispatches of any order. */
export interface VoiceLink {
  readonly channelId: ChannelId | undefined;
  readonly credentials: VoiceCredentials | undefined;
  readonly selfDeaf: boolean;
  /** Takes over a place that an earlier run of the process asked for; tells nobody. */
  adopt(channelId: ChannelId, selfDeaf: boolean, credentials: VoiceCredentials | null): void;
  /** Asks for a channel and resolves with complete credentials for it. */
  join(
    channelId: ChannelId,
    options: { readonly selfDeaf: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
  handleState(dispatch: VoiceStateDispatch): void;
  handleServer(dispatch: VoiceServerDispatch): void;
  /** The node's voice connection closed with this code. */
  handleClosed(code: number): void;
  /** Leaves the channel and stops all timers. */
  close(): Promise<void>;
  /** Stops all timers and stays in the channel. */
  detach(): void;
}

/** After a 4014 the bot was moved, and a new server follows, or it was kicked, and nothing does. */
const MOVE_GRACE_MS = 5_000;
const REJOIN_LIMIT = 3;
const REJOIN_WINDOW_MS = 60_000;

/** Builds a {@link VoiceLink} that is in no channel. */
export function createVoiceLink(options: VoiceLinkOptions): VoiceLink {
  const { guildId, signaling, clock } = options;
  let wanted: { readonly channelId: ChannelId; readonly selfDeaf: boolean } | undefined;
  let channelId: ChannelId | undefined;
  let sessionId: string | undefined;
  let server: { readonly token: string; readonly endpoint: string } | undefined;
  let published: VoiceCredentials | undefined;
  let publishedMs = -Infinity;
  let joining: PromiseWithResolvers<void> | undefined;
  let deadline: Timer | undefined;
  let rejoiningUntilState = false;
  let rejoinsMs: number[] = [];
  let closed = false;

  const credentials = (): VoiceCredentials | undefined =>
    channelId === undefined || sessionId === undefined || server === undefined
      ? undefined
      : { ...server, sessionId, channelId };

  const expect = (timeoutMs: number, error: () => LavalinkError) => {
    deadline?.cancel();
    deadline = clock.setTimer(timeoutMs, () => fail(error()), { keepAlive: false });
  };
  const fail = (error: LavalinkError) => {
    deadline?.cancel();
    if (closed) return;
    if (joining === undefined) options.lost(error);
    else joining.reject(error);
    joining = undefined;
  };
  const publish = () => {
    const next = credentials();
    if (next === undefined || JSON.stringify(next) === JSON.stringify(published)) return;
    published = next;
    publishedMs = clock.monotonicMs();
    deadline?.cancel();
    if (joining !== undefined && next.channelId === wanted?.channelId) {
      joining.resolve();
      joining = undefined;
    }
    options.changed(next);
  };
  const request = (target: ChannelId | null) =>
    signaling.updateVoiceState({ guildId, channelId: target, selfMute: false, selfDeaf: wanted?.selfDeaf ?? true });
  const timeoutError = () => {
    const message = `join: guild ${guildId} got no voice server for channel ${wanted?.channelId} within ${options.timeoutMs} ms. Check that the bot may connect there and that the channel is not full.`;
    return new LavalinkError("LAVALINK_VOICE_TIMEOUT", message, { retryable: true });
  };
  const lostError = (why: string) =>
    new LavalinkError("LAVALINK_VOICE_LOST", `Player ${guildId} lost its voice channel: ${why}`);

  /** Leaves and comes back, since only a new session makes Discord allocate a server anew. */
  const rejoin = async () => {
    const nowMs = clock.monotonicMs();
    rejoinsMs = [...rejoinsMs.filter((atMs) => nowMs - atMs < REJOIN_WINDOW_MS), nowMs];
    const target = channelId ?? wanted?.channelId;
    if (rejoinsMs.length > REJOIN_LIMIT || target === undefined) {
      fail(lostError("Discord ended the voice session again and again."));
      return;
    }
    sessionId = undefined;
    server = undefined;
    published = undefined;
    rejoiningUntilState = true;
    expect(options.timeoutMs, timeoutError);
    try {
      await request(null);
      await request(target);
    } catch (cause) {
      fail(new LavalinkError("LAVALINK_VOICE_LOST", `Player ${guildId} could not rejoin its channel.`, { cause }));
    }
  };

  return {
    get channelId() {
      return channelId ?? wanted?.channelId;
    },
    get credentials() {
      return credentials();
    },
    get selfDeaf() {
      return wanted?.selfDeaf ?? true;
    },
    adopt(target, selfDeaf, given) {
      wanted = { channelId: target, selfDeaf };
      channelId = target;
      if (given === null) return;
      sessionId = given.sessionId;
      server = { token: given.token, endpoint: given.endpoint };
      published = credentials();
      publishedMs = clock.monotonicMs();
    },
    async join(target, { selfDeaf, signal }) {
      signal?.throwIfAborted();
      if (target === channelId && credentials() !== undefined && wanted?.selfDeaf === selfDeaf) return;
      wanted = { channelId: target, selfDeaf };
      const complete = target === channelId && credentials() !== undefined;
      if (!complete) {
        joining ??= Promise.withResolvers<void>();
        expect(options.timeoutMs, timeoutError);
      }
      const joined = joining?.promise ?? Promise.resolve();
      // Also awaited below; this keeps a failed request from leaving the rejection unhandled.
      joined.catch(() => {});
      await withSignal(request(target), signal);
      await withSignal(joined, signal);
    },
    handleState(dispatch) {
      if (dispatch.channelId === null) {
        if (rejoiningUntilState || joining !== undefined || channelId === undefined) return;
        sessionId = undefined;
        published = undefined;
        expect(MOVE_GRACE_MS, () => lostError("the bot was disconnected from it."));
        return;
      }
      rejoiningUntilState = false;
      channelId = dispatch.channelId;
      sessionId = dispatch.sessionId;
      publish();
    },
    handleServer(dispatch) {
      // Without an endpoint Discord is still looking for a server and will tell.
      server = dispatch.endpoint === null ? undefined : { token: dispatch.token, endpoint: dispatch.endpoint };
      publish();
    },
    handleClosed(code) {
      switch (nodeVoiceCloseAction(code)) {
        case "rejoin":
          void rejoin();
          break;
        case "await-server":
          // The node may tell after the gateway that the bot was moved; then the new server is known already.
          if (clock.monotonicMs() - publishedMs < MOVE_GRACE_MS) break;
          published = undefined;
          expect(MOVE_GRACE_MS, () => lostError("it was moved or disconnected, and no new voice server came."));
          break;
        case "dave-required": {
          const message = `Player ${guildId}: Discord demands end-to-end encryption (DAVE), which this node cannot do. Update it to Lavalink 4.2.0 or later.`;
          fail(new LavalinkError("LAVALINK_DAVE_REQUIRED", message));
          break;
        }
        case "terminated":
          fail(lostError("the call was ended for everyone."));
          break;
        case "none":
          break;
      }
    },
    detach() {
      closed = true;
      deadline?.cancel();
      joining?.reject(lostError("the client was closed."));
    },
    async close() {
      if (closed) return;
      closed = true;
      deadline?.cancel();
      joining?.reject(lostError("it was left."));
      await request(null);
    },
  };
}
