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

/** What the voice links of one client share. */
export interface VoiceLinkContext {
  readonly signaling: VoiceSignaling;
  readonly clock: Clock;
  /** How long Discord may take to name a voice server. */
  readonly timeoutMs: number;
  /** Told whenever the credentials are new. */
  changed(guildId: GuildId, credentials: VoiceCredentials): void;
  /** Told once when the voice channel is lost for good. */
  lost(guildId: GuildId, error: LavalinkError): void;
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
/** After a 4014 that the main gateway does not explain its session was lost, and the next one brings the bot back. */
const SESSION_GRACE_MS = 60_000;
const REJOIN_LIMIT = 3;
const REJOIN_WINDOW_MS = 60_000;
const NO_REJOINS: readonly number[] = [];

/** A class with plain fields, since there is one for each of many players. */
class GatewayVoiceLink implements VoiceLink {
  readonly #guildId: GuildId;
  readonly #context: VoiceLinkContext;
  #wantedChannelId: ChannelId | undefined;
  #wantedDeaf: boolean | undefined;
  #channelId: ChannelId | undefined;
  #sessionId: string | undefined;
  #server: { readonly token: string; readonly endpoint: string } | undefined;
  #published: VoiceCredentials | undefined;
  #publishedToken: string | undefined;
  #publishedMs = -Infinity;
  #joining: PromiseWithResolvers<void> | undefined;
  #deadline: Timer | undefined;
  #rejoiningUntilState = false;
  #rejoinsMs: readonly number[] = NO_REJOINS;
  #closed = false;

  constructor(guildId: GuildId, context: VoiceLinkContext) {
    this.#guildId = guildId;
    this.#context = context;
  }
  get channelId(): ChannelId | undefined {
    return this.#channelId ?? this.#wantedChannelId;
  }
  get selfDeaf(): boolean {
    return this.#wantedDeaf ?? true;
  }
  get credentials(): VoiceCredentials | undefined {
    if (this.#channelId === undefined || this.#sessionId === undefined || this.#server === undefined) return undefined;
    return { ...this.#server, sessionId: this.#sessionId, channelId: this.#channelId };
  }
  adopt(target: ChannelId, selfDeaf: boolean, given: VoiceCredentials | null): void {
    this.#wantedChannelId = target;
    this.#wantedDeaf = selfDeaf;
    this.#channelId = target;
    if (given === null) return;
    this.#sessionId = given.sessionId;
    this.#server = { token: given.token, endpoint: given.endpoint };
    this.#published = this.credentials;
    this.#publishedToken = given.token;
    this.#publishedMs = this.#context.clock.monotonicMs();
  }
  async join(
    target: ChannelId,
    { selfDeaf, signal }: { readonly selfDeaf: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    signal?.throwIfAborted();
    const complete = target === this.#channelId && this.credentials !== undefined;
    if (complete && this.#wantedDeaf === selfDeaf) return;
    this.#wantedChannelId = target;
    this.#wantedDeaf = selfDeaf;
    if (!complete) {
      this.#joining ??= Promise.withResolvers<void>();
      this.#expect(this.#context.timeoutMs, () => this.#timeoutError());
    }
    const joined = this.#joining?.promise ?? Promise.resolve();
    // Also awaited below; this keeps a failed request from leaving the rejection unhandled.
    joined.catch(() => {});
    await withSignal(this.#request(target), signal);
    await withSignal(joined, signal);
  }
  handleState(dispatch: VoiceStateDispatch): void {
    if (dispatch.channelId === null) {
      if (this.#rejoiningUntilState || this.#joining !== undefined || this.#channelId === undefined) return;
      this.#sessionId = undefined;
      this.#published = undefined;
      this.#expect(MOVE_GRACE_MS, () => this.#lostError("the bot was disconnected from it."));
      return;
    }
    this.#rejoiningUntilState = false;
    // A session's token ends with it, and the next one is told soon, unless it was told before.
    if (dispatch.sessionId !== this.#sessionId && this.#server?.token === this.#publishedToken)
      this.#server = undefined;
    this.#channelId = dispatch.channelId;
    this.#sessionId = dispatch.sessionId;
    this.#publish();
  }
  handleServer(dispatch: VoiceServerDispatch): void {
    // Without an endpoint Discord is still looking for a server and will tell.
    this.#server = dispatch.endpoint === null ? undefined : { token: dispatch.token, endpoint: dispatch.endpoint };
    this.#publish();
  }
  handleClosed(code: number): void {
    switch (nodeVoiceCloseAction(code)) {
      case "rejoin":
        void this.#rejoin();
        break;
      case "await-server":
        // The node may tell after the gateway that the bot was moved; then the new server is known already.
        if (this.#context.clock.monotonicMs() - this.#publishedMs < MOVE_GRACE_MS) break;
        // Nor longer for one who is known to have been thrown out.
        if (this.#sessionId === undefined) break;
        this.#published = undefined;
        this.#expect(SESSION_GRACE_MS, () =>
          this.#lostError("it was moved or disconnected, and no new voice server came."),
        );
        break;
      case "dave-required": {
        const message = `Player ${this.#guildId}: Discord demands end-to-end encryption (DAVE), which this node cannot do. Update it to Lavalink 4.2.0 or later.`;
        this.#fail(new LavalinkError("LAVALINK_DAVE_REQUIRED", message));
        break;
      }
      case "terminated":
        this.#fail(this.#lostError("the call was ended for everyone."));
        break;
      case "none":
        break;
    }
  }
  detach(): void {
    this.#end("the client was closed.");
  }
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#end("it was left.");
    await this.#request(null);
  }

  #end(why: string): void {
    this.#closed = true;
    this.#stopExpecting();
    this.#joining?.reject(this.#lostError(why));
  }
  #expect(timeoutMs: number, error: () => LavalinkError): void {
    this.#deadline?.cancel();
    this.#deadline = this.#context.clock.setTimer(timeoutMs, () => this.#fail(error()), { keepAlive: false });
  }
  #stopExpecting(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
  }
  #fail(error: LavalinkError): void {
    this.#stopExpecting();
    if (this.#closed) return;
    if (this.#joining === undefined) this.#context.lost(this.#guildId, error);
    else this.#joining.reject(error);
    this.#joining = undefined;
  }
  #publish(): void {
    const next = this.credentials;
    if (next === undefined || areSame(next, this.#published)) return;
    this.#published = next;
    this.#publishedToken = next.token;
    this.#publishedMs = this.#context.clock.monotonicMs();
    this.#stopExpecting();
    if (this.#joining !== undefined && next.channelId === this.#wantedChannelId) {
      this.#joining.resolve();
      this.#joining = undefined;
    }
    this.#context.changed(this.#guildId, next);
  }
  #request(target: ChannelId | null): Promise<void> {
    return this.#context.signaling.updateVoiceState({
      guildId: this.#guildId,
      channelId: target,
      selfMute: false,
      selfDeaf: this.selfDeaf,
    });
  }
  /** Leaves and comes back, since only a new session makes Discord allocate a server anew. */
  async #rejoin(): Promise<void> {
    const nowMs = this.#context.clock.monotonicMs();
    this.#rejoinsMs = [...this.#rejoinsMs.filter((atMs) => nowMs - atMs < REJOIN_WINDOW_MS), nowMs];
    const target = this.channelId;
    if (this.#rejoinsMs.length > REJOIN_LIMIT || target === undefined) {
      this.#fail(this.#lostError("Discord ended the voice session again and again."));
      return;
    }
    this.#sessionId = undefined;
    this.#server = undefined;
    this.#published = undefined;
    this.#rejoiningUntilState = true;
    this.#expect(this.#context.timeoutMs, () => this.#timeoutError());
    try {
      await this.#request(null);
      await this.#request(target);
    } catch (cause) {
      const message = `Player ${this.#guildId} could not rejoin its channel.`;
      this.#fail(new LavalinkError("LAVALINK_VOICE_LOST", message, { cause }));
    }
  }
  #timeoutError(): LavalinkError {
    const { timeoutMs } = this.#context;
    const message = `join: guild ${this.#guildId} got no voice server for channel ${this.#wantedChannelId} within ${timeoutMs} ms. Check that the bot may connect there and that the channel is not full.`;
    return new LavalinkError("LAVALINK_VOICE_TIMEOUT", message, { retryable: true });
  }
  #lostError(why: string): LavalinkError {
    return new LavalinkError("LAVALINK_VOICE_LOST", `Player ${this.#guildId} lost its voice channel: ${why}`);
  }
}

function areSame(left: VoiceCredentials, right: VoiceCredentials | undefined): boolean {
  return (
    left.channelId === right?.channelId &&
    left.sessionId === right.sessionId &&
    left.endpoint === right.endpoint &&
    left.token === right.token
  );
}

/** Builds a {@link VoiceLink} that is in no channel. */
export function createVoiceLink(guildId: GuildId, context: VoiceLinkContext): VoiceLink {
  return new GatewayVoiceLink(guildId, context);
}
