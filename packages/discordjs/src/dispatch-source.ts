import { shardIdOf, type Dispatch, type DispatchSource } from "@antiphon/protocol/discord";
import { createEmitter, describeError, withSignal } from "@antiphon/std";
import { Events, type Client } from "discord.js";
import { DiscordJsError } from "./discordjs-error.ts";

/** What discord.js emits as `raw`: the frame as it came. */
interface RawPacket {
  readonly t: string;
  readonly s: number;
  readonly d: unknown;
}

/** Options of {@link createDispatchSource}. */
export interface DispatchSourceOptions {
  readonly client: Client;
  /** Logs in with it on `connect`; without it, somebody else calls `client.login`. */
  readonly token: string | undefined;
}

function loginError(error: unknown): DiscordJsError {
  const { code, status } = error as { readonly code?: unknown; readonly status?: unknown };
  const known = code === "TokenInvalid" ? 401 : status;
  return new DiscordJsError(
    "DISCORDJS_LOGIN_FAILED",
    `connect(): discord.js could not log in: ${describeError(error)}`,
    {
      cause: error,
      details: typeof known === "number" ? { status: known } : {},
      retryable: known !== 401,
    },
  );
}

/** Resolves when the client is ready; rejects when Discord closes a shard for good before that. */
async function untilReady(client: Client, signal: AbortSignal | undefined): Promise<void> {
  if (client.isReady()) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onReady = () => resolve();
  const onDisconnect = ({ code }: { readonly code: number }) => {
    const message = `connect(): Discord closed the gateway with ${code}, after which connecting again is pointless.`;
    reject(new DiscordJsError("DISCORDJS_CONNECTION_REFUSED", message, { details: { closeCode: code } }));
  };
  client.once(Events.ClientReady, onReady);
  client.once(Events.ShardDisconnect, onDisconnect);
  try {
    await withSignal(promise, signal);
  } finally {
    client.off(Events.ClientReady, onReady);
    client.off(Events.ShardDisconnect, onDisconnect);
  }
}

/** Reads a discord.js client's dispatches and sends through its shards. */
export function createDispatchSource({ client, token }: DispatchSourceOptions): DispatchSource {
  // The emitter keeps a failing subscriber from the others and from discord.js.
  const dispatches = createEmitter<{ readonly type: "dispatch"; readonly dispatch: Dispatch }>();
  let closing: Promise<void> | undefined;
  let connecting: Promise<void> | undefined;

  const onRaw = ({ t, s, d }: RawPacket, shardId: number) => {
    dispatches.emit({ type: "dispatch", dispatch: { type: t, data: d, sequence: s, shardId } });
  };
  client.on(Events.Raw as string, onRaw);

  const connect = async (signal: AbortSignal | undefined) => {
    const ready = untilReady(client, signal);
    if (token !== undefined && !client.isReady()) {
      // A refused shard makes login hang or fail, depending on when; whichever comes first tells.
      const login = client.login(token).then(
        () => ready,
        (error: unknown) => Promise.reject(loginError(error)),
      );
      ready.catch(() => {});
      await Promise.race([login, ready.then(() => login)]);
    } else await ready;
  };
  const close = async () => {
    client.off(Events.Raw as string, onRaw);
    dispatches.close();
    if (token !== undefined) await client.destroy();
  };

  return {
    connect({ signal } = {}) {
      if (closing !== undefined) {
        const message = "connect(): the discord.js client was destroyed; create a new one.";
        return Promise.reject(new DiscordJsError("DISCORDJS_CLOSED", message));
      }
      connecting ??= connect(signal).finally(() => (connecting = undefined));
      return withSignal(connecting, signal);
    },
    subscribe: (listener, { wants, onSkipped } = {}) =>
      dispatches.on("dispatch", ({ dispatch }) => {
        if (wants === undefined || wants(dispatch.type)) listener(dispatch);
        else onSkipped?.(dispatch.type);
      }),
    async send(guildId, command) {
      const { shards } = client.ws;
      const addressed =
        guildId === undefined ? [...shards.values()] : [shards.get(shardIdOf(guildId, client.options.shardCount ?? 1))];
      for (const shard of addressed) {
        if (shard === undefined) {
          throw new DiscordJsError(
            "DISCORDJS_NOT_CONNECTED",
            `send: no shard of this process serves guild ${guildId}.`,
            { details: { guildId } },
          );
        }
        shard.send({ op: command.op, d: command.d });
      }
    },
    get latencyMs() {
      const { ping } = client.ws;
      return Number.isFinite(ping) && ping >= 0 ? ping : undefined;
    },
    close: () => (closing ??= close()),
  };
}
