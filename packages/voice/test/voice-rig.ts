import { startVoiceSimulator, type VoiceSimulator, type VoiceSimulatorOptions } from "@antiphon/sim/voice";
import type {
  ChannelId,
  GuildId,
  UserId,
  VoiceServerDispatch,
  VoiceSignaling,
  VoiceStateDispatch,
} from "@antiphon/protocol/discord";
import {
  connectVoice,
  createVoiceWorkers,
  type ReceivedOpusFrame,
  type VoiceConnection,
  type VoiceCredentials,
  type VoiceWorkers,
} from "@antiphon/voice";

export const GUILD = "100000000000000001" as GuildId;
export const CHANNEL = "200000000000000001" as ChannelId;
export const OTHER_CHANNEL = "200000000000000002" as ChannelId;

/** A simulated voice server, and what it takes to connect clients to it; everything closes with it. */
export interface VoiceRig extends AsyncDisposable {
  readonly simulator: VoiceSimulator;
  readonly workers: VoiceWorkers;
  allocate(userId: string, channelId?: ChannelId): VoiceCredentials;
  connect(userId: string, channelId?: ChannelId): Promise<VoiceConnection>;
  /** The credentials that were allocated last. */
  lastSession(): VoiceCredentials;
  /** The main gateway of one bot. */
  signaling(userId: string): FakeSignaling;
}

/** A main gateway that answers op 4 with credentials of the simulated server. */
export interface FakeSignaling extends VoiceSignaling {
  readonly requests: readonly (ChannelId | null)[];
  /** What happens instead of an answer, once. */
  ignoreNext(): void;
  dispatchServer(dispatch: VoiceServerDispatch): void;
  dispatchState(dispatch: VoiceStateDispatch): void;
}

function createSignaling(userId: UserId, allocate: VoiceRig["allocate"]): FakeSignaling {
  const states = new Set<(dispatch: VoiceStateDispatch) => void>();
  const servers = new Set<(dispatch: VoiceServerDispatch) => void>();
  const requests: (ChannelId | null)[] = [];
  let ignored = 0;
  const subscribe = <T>(listeners: Set<T>, listener: T): Disposable => {
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  };
  const dispatchState = (dispatch: VoiceStateDispatch) => states.forEach((listener) => listener(dispatch));
  const dispatchServer = (dispatch: VoiceServerDispatch) => servers.forEach((listener) => listener(dispatch));
  return {
    userId,
    requests,
    dispatchServer,
    dispatchState,
    ignoreNext: () => void ignored++,
    async updateVoiceState({ guildId, channelId }) {
      requests.push(channelId);
      if (ignored > 0) {
        ignored--;
        return;
      }
      if (channelId === null) {
        dispatchState({ guildId, userId, channelId, sessionId: "left" });
        return;
      }
      const { sessionId, token, endpoint } = allocate(userId, channelId);
      dispatchState({ guildId, userId, channelId, sessionId });
      dispatchServer({ guildId, token, endpoint });
    },
    onVoiceState: (listener) => subscribe(states, listener),
    onVoiceServer: (listener) => subscribe(servers, listener),
  };
}

/** Starts a simulated voice server. */
export async function openRig(options: VoiceSimulatorOptions = {}): Promise<VoiceRig> {
  const simulator = await startVoiceSimulator(options);
  const workers = createVoiceWorkers();
  const connections: VoiceConnection[] = [];
  let sessions = 0;
  let last: VoiceCredentials | null = null;
  const allocate = (userId: string, channelId = CHANNEL): VoiceCredentials => {
    const session = { guildId: GUILD, channelId, userId: userId as UserId, sessionId: `session-${++sessions}` };
    last = { ...session, token: simulator.allocate(session).token, endpoint: simulator.endpoint };
    return last;
  };
  return {
    simulator,
    workers,
    allocate,
    lastSession() {
      if (last === null) throw new Error("nothing was allocated yet");
      return last;
    },
    signaling: (userId) => createSignaling(userId, allocate),
    async connect(userId, channelId) {
      const credentials = allocate(userId, channelId);
      const connection = await connectVoice({ credentials, workers, tls: { ca: simulator.certificatePem } });
      connections.push(connection);
      return connection;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(connections.map((connection) => connection.close()));
      await simulator.close();
    },
  };
}

/** Resolves when the group of a DAVE call stands and holds at least `epoch`. */
export async function untilEncrypted(connection: VoiceConnection, epoch = 1): Promise<void> {
  if ((connection.getStats().daveEpoch ?? 0) >= epoch) return;
  for await (const event of connection.events()) {
    if (event.type === "encryptionChange" && (event.encryption.daveEpoch ?? 0) >= epoch) return;
  }
}

/** Takes frames from a stream until there are `count` that are not silence. */
export async function takeSpoken(
  stream: AsyncIterable<ReceivedOpusFrame>,
  count: number,
): Promise<ReceivedOpusFrame[]> {
  const frames: ReceivedOpusFrame[] = [];
  for await (const frame of stream) {
    if (frame.opus.length !== 3) frames.push(frame);
    if (frames.length === count) break;
  }
  return frames;
}
