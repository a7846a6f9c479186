import {
  readyPayloadSchema,
  type Dispatch,
  type DispatchSource,
  type GatewayCommand,
  type ShardSession,
} from "@antiphon/protocol/discord";
import { describeError, isAntiphonError, type Clock, type Logger } from "@antiphon/std";
import { z } from "zod";
import { decodeJson, encodeJson, type CommandReply } from "../bot/bot-envelope.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import { commandSubject, dispatchPrefix, encodeDispatch } from "./dispatch-codec.ts";
import type { BusIdentifyGate } from "./identify-gate.ts";
import type { Lease } from "./lease.ts";
import type { Served } from "./ownership.ts";
import { readShardRecord, type Layout, type ShardRecord } from "./shard-record.ts";

/** Where a shard's gateway keeps its session; the `SessionStore` of `@antiphon/gateway`. */
export interface ShardSessionStore {
  /** The session to resume; undefined when there is none. */
  load(key: { readonly shardId: number; readonly shardCount: number }): Promise<ShardSession | undefined>;
  /** Told the newest session. What is kept is how far the bus has it; undefined forgets it. */
  save(
    key: { readonly shardId: number; readonly shardCount: number },
    session: ShardSession | undefined,
  ): Promise<void>;
}

/** What a shard's gateway is to be built with. */
export interface OpenShardOptions {
  readonly shardId: number;
  readonly shardCount: number;
  readonly sessionStore: ShardSessionStore;
  readonly identifyGate: BusIdentifyGate;
}

/** The gateway of one shard: `createGateway({ ...options, shardIds: [shardId] })` of `@antiphon/gateway`. */
export interface ShardConnection extends DispatchSource {
  /** Resolves when it has ended; with `kind: "fatal"` when Discord will not have it. */
  readonly closed: Promise<{ readonly kind: string; readonly error?: unknown }>;
}

/** What the shards of a process count together. */
export interface ShardCounts {
  published: number;
  /** Dispatches whose name is no name, or that are too large for the bus even when compressed. */
  refused: number;
  /** Dispatches that the bus did not take; their shard starts again from the last one that it has. */
  failed: number;
  commands: number;
}

/** Options of {@link serveShard}. */
export interface ShardServiceOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly shardId: number;
  readonly layout: Layout;
  readonly identifyGate: BusIdentifyGate;
  readonly openShard: (options: OpenShardOptions) => ShardConnection;
  readonly counts: ShardCounts;
  readonly onReady: () => void;
  readonly onFatal: (error: unknown) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** For how long a shard that stops waits for the bus to take its last dispatches. */
const DRAIN_MS = 2_000;

const commandSchema = z.looseObject({
  op: z.union([3, 4, 8, 31, 43].map((op) => z.literal(op))),
  d: z.unknown().optional(),
});

/** How far a session has come: what Discord sent, and what the bus has of it. */
function createProgress(inherited: ShardRecord) {
  let { session, userId } = inherited;
  let source: { readonly id: string; readonly resumeUrl: string } | undefined = session;
  let highest = session?.sequence ?? 0;
  const pending = new Set<number>();
  return {
    get sessionId() {
      return source?.id;
    },
    begin(data: unknown): void {
      const ready = readyPayloadSchema.safeParse(data);
      if (!ready.success) return;
      source = { id: ready.data.session_id, resumeUrl: ready.data.resume_gateway_url };
      userId = (data as { readonly user?: { readonly id?: string } }).user?.id ?? userId;
      pending.clear();
      highest = 0;
    },
    sent(sequence: number): void {
      pending.add(sequence);
      highest = Math.max(highest, sequence);
    },
    /** Whether these were the session's first. */
    acknowledged(sessionId: string, sequence: number): boolean {
      if (source?.id !== sessionId) return false;
      pending.delete(sequence);
      const [first] = pending;
      const isFirst = session?.id !== sessionId;
      session = { ...source, sequence: first === undefined ? highest : Math.min(highest, first - 1) };
      return isFirst;
    },
    forget(): void {
      session = undefined;
    },
    record: (latencyMs: number | undefined): ShardRecord => ({ session, userId, latencyMs }),
    get session() {
      return session;
    },
  };
}

/** Runs one shard while its lease is held: its dispatches go to the bus, commands come from there. */
export async function serveShard(lease: Lease, giveUp: () => void, options: ShardServiceOptions): Promise<Served> {
  const { bus, applicationId, shardId, layout, counts, clock, logger } = options;
  const progress = createProgress(readShardRecord(lease.inherited));
  const prefix = dispatchPrefix(applicationId);
  const publishing = new Set<Promise<void>>();
  let stopping = false;

  const connection = options.openShard({
    shardId,
    shardCount: layout.shardCount,
    identifyGate: options.identifyGate,
    sessionStore: {
      load: async () => progress.session,
      async save(_, session) {
        if (session === undefined) progress.forget();
      },
    },
  });
  lease.keep(() => progress.record(connection.latencyMs));

  const publish = async (dispatch: Dispatch, sessionId: string): Promise<void> => {
    const message = encodeDispatch(dispatch, { prefix, sessionId, laneCount: layout.laneCount });
    if (message === undefined) {
      counts.refused++;
      logger.error("A dispatch cannot travel.", { shardId, type: dispatch.type });
    } else {
      await bus.publish(message.subject, message.data, { id: message.id, headers: message.headers });
      counts.published++;
    }
    const isFirst = progress.acknowledged(sessionId, dispatch.sequence);
    // A session that nobody knows of yet could not be resumed; later ones may be half a second old.
    if (isFirst) await lease.renew();
  };
  const onPublishFailure = (error: unknown) => {
    if (stopping || lease.ended.aborted) return;
    counts.failed++;
    logger.warn("A dispatch did not reach the bus; its shard starts again.", { shardId, error: describeError(error) });
    giveUp();
  };
  connection.subscribe((dispatch) => {
    if (dispatch.type === "READY") {
      progress.begin(dispatch.data);
      options.onReady();
    } else if (dispatch.type === "RESUMED") options.onReady();
    const { sessionId } = progress;
    if (sessionId === undefined) return;
    progress.sent(dispatch.sequence);
    const task = publish(dispatch, sessionId)
      .catch(onPublishFailure)
      .finally(() => publishing.delete(task));
    publishing.add(task);
  });

  const run = async (data: Uint8Array): Promise<CommandReply> => {
    try {
      const command = commandSchema.parse(decodeJson(data));
      await connection.send(undefined, command as GatewayCommand);
      counts.commands++;
      return { ok: true, result: null };
    } catch (error) {
      const code = isAntiphonError(error) ? error.code : "COMMAND_INVALID";
      return { ok: false, error: { code, message: isAntiphonError(error) ? error.message : "That is no command." } };
    }
  };
  const responder = await bus.respond(commandSubject(applicationId, shardId), async ({ data }) =>
    encodeJson(await run(data)),
  );

  void connection.closed.then(({ kind, error }) => {
    if (kind === "fatal") options.onFatal(error);
  });
  connection.connect().catch((error: unknown) => {
    if (stopping) return;
    logger.warn("A shard did not connect.", { shardId, error: describeError(error) });
    giveUp();
  });

  return {
    async stop() {
      stopping = true;
      await connection.close();
      const drained = Promise.withResolvers<void>();
      using _timer = clock.setTimer(DRAIN_MS, drained.resolve);
      await Promise.race([Promise.all([...publishing, responder.close()]), drained.promise]);
    },
  };
}
