import { GatewayOpcode, type DispatchSource, type GatewayCommand, type ShardSession } from "@antiphon/protocol/discord";
import { describeError, isAntiphonError, type Clock, type Logger } from "@antiphon/std";
import { z } from "zod";
import { decodeJson, encodeJson, type CommandReply } from "../bot/bot-envelope.ts";
import type { BusSubscription } from "../bus/bus-message.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import { commandSubject, dispatchPrefix, encodeDispatch, type EncodedDispatch } from "./dispatch-codec.ts";
import type { BusIdentifyGate } from "./identify-gate.ts";
import { refusal, refusalOf } from "../service/reply.ts";
import { createLaneOutbox, type LaneOutbox } from "./lane-outbox.ts";
import type { Lease } from "./lease.ts";
import type { Served } from "./ownership.ts";
import { createProgress, type ShardProgress } from "./shard-progress.ts";
import type { Layout } from "./layout.ts";
import { readShardRecord } from "./shard-record.ts";
import { createShardTurnover, type GenerationState, type ShardTurnover } from "./shard-turnover.ts";
import { readStored } from "./stored-dispatches.ts";

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
  /** Ends it; idempotent. `keepSession` leaves its session for others to resume. */
  close(options?: { readonly keepSession?: boolean | undefined }): Promise<void>;
}

/** What the shards of a process count together. */
export interface ShardCounts {
  published: number;
  /** Dispatches whose name is no name, or that are too large for the bus even when compressed. */
  refused: number;
  /** How often the bus did not take a dispatch; the shard starts again from the last one that it has. */
  failed: number;
  /** Dispatches that the bus has not taken yet. */
  waiting: number;
  /** Dispatches that went to their worker directly, because the bus did not take or bring them. It has got them since, or shall. */
  direct: number;
  /** Dispatches that Discord sent again after a resume, or to new shards, and that workers know already. */
  repeated: number;
  commands: number;
}

/** Options of {@link serveShard}. */
export interface ShardServiceOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly shardId: number;
  /** How many shards its generation has, and how many lanes there are. */
  readonly layout: Pick<Layout, "shardCount" | "laneCount">;
  readonly generation: GenerationState;
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

/** The acts of a shard on the bus; see {@link serveShard}. */
interface ShardParts extends ShardServiceOptions {
  readonly connection: ShardConnection;
  readonly progress: ShardProgress;
  readonly turnover: ShardTurnover;
  readonly lease: Lease;
  /** The session that is resumed, and the last dispatch of it that the stream has, by lane. */
  readonly resumed: { readonly sessionId: string; readonly stored: ReadonlyMap<number, number> } | undefined;
  /** Ends the service and gives its lease back; harmless when it is ending. */
  readonly giveUp: () => void;
}

const commandSchema = z.looseObject({
  op: z.union([3, 4, 8, 31, 43].map((op) => z.literal(op))),
  d: z.unknown().optional(),
});

/** Passes on what the shard receives. */
function relayDispatches(parts: ShardParts): LaneOutbox {
  const { bus, applicationId, shardId, layout, counts, logger, connection, progress, turnover, lease, resumed } = parts;
  const acknowledge = (sessionId: string, dispatches: readonly EncodedDispatch[]) => {
    // A session that nobody knows of yet could not be resumed; later ones may be half a second old.
    if (progress.acknowledged(sessionId, dispatches))
      lease.renew().catch((error: unknown) => logger.debug("A session was not written.", { shardId, error }));
  };
  const refuse = (type: string) => {
    counts.refused++;
    logger.error("A dispatch cannot travel.", { shardId, type });
  };
  const storedOf = (lane: number) => {
    const sequence = resumed?.stored.get(lane);
    return resumed === undefined || sequence === undefined ? undefined : { sessionId: resumed.sessionId, sequence };
  };
  const outbox = createLaneOutbox({
    bus,
    applicationId,
    storedOf,
    clock: parts.clock,
    logger,
    prefix: dispatchPrefix(applicationId),
    shardId,
    generation: parts.generation.generation,
    counts,
    onPublished(sessionId, dispatches) {
      counts.published += dispatches.length;
      acknowledge(sessionId, dispatches);
    },
    onRefused(sessionId, dispatch) {
      refuse(dispatch.type);
      acknowledge(sessionId, [dispatch]);
    },
    onFailed(error) {
      counts.failed++;
      const reason = describeError(error);
      logger.warn("A dispatch did not reach the bus; its shard starts again.", { shardId, error: reason });
      parts.giveUp();
    },
  });
  // What waits is its next owner's to publish.
  lease.ended.addEventListener("abort", () => outbox.close(), { once: true });
  const isStored = ({ lane, sequence }: EncodedDispatch, sessionId: string): boolean =>
    sessionId === resumed?.sessionId && sequence <= (resumed.stored.get(lane) ?? 0);
  connection.subscribe((dispatch) => {
    if (dispatch.type === "READY") progress.begin(dispatch.data);
    if (dispatch.type === "READY" || dispatch.type === "RESUMED") parts.onReady();
    const { sessionId } = progress;
    if (sessionId === undefined) return;
    const encoded = encodeDispatch(dispatch, layout.laneCount);
    if (encoded === undefined) return refuse(dispatch.type);
    if (turnover.isNoNews(dispatch)) return void counts.repeated++;
    if (isStored(encoded, sessionId)) {
      counts.repeated++;
      return acknowledge(sessionId, [encoded]);
    }
    progress.sent(dispatch.sequence);
    outbox.add({ ...encoded, sessionId });
  });
  return outbox;
}

/** Takes the commands of workers. */
function takeCommands({
  bus,
  applicationId,
  shardId,
  generation,
  counts,
  connection,
}: ShardParts): Promise<BusSubscription> {
  const run = async (data: Uint8Array): Promise<CommandReply> => {
    try {
      const command = commandSchema.parse(decodeJson(data));
      await connection.send(undefined, command as GatewayCommand);
      counts.commands++;
      return { ok: true, data: null };
    } catch (error) {
      return isAntiphonError(error)
        ? refusalOf(error, "The command")
        : refusal("COMMAND_INVALID", "That is no command.");
    }
  };
  const subject = commandSubject(applicationId, shardId, generation.generation);
  return bus.respond(subject, async ({ data }) => encodeJson(await run(data)));
}

/** Runs one shard while its lease is held: its dispatches go to the bus, commands come from there. */
export async function serveShard(lease: Lease, giveUp: () => void, options: ShardServiceOptions): Promise<Served> {
  const { bus, applicationId, shardId, layout, clock, logger } = options;
  const { laneCount, shardCount } = layout;
  const { generation } = options.generation;
  const progress = createProgress(readShardRecord(lease.inherited));
  const sessionId = progress.session?.id;
  const where = { bus, applicationId, shardId, generation, laneCount, clock, logger, signal: lease.ended };
  const resumed =
    sessionId === undefined ? undefined : { sessionId, stored: await readStored({ ...where, sessionId }) };
  let stopping = false;

  const connection = options.openShard({
    shardId,
    shardCount,
    identifyGate: options.identifyGate,
    sessionStore: {
      load: async () => progress.session,
      async save(_, session) {
        if (session === undefined) progress.forget();
      },
    },
  });
  const turnover = createShardTurnover({
    state: options.generation,
    acknowledged: () => progress.session?.sequence,
    ask(guildId, nonce) {
      const members = { guild_id: guildId, user_ids: [progress.record(undefined).userId ?? guildId], nonce };
      connection
        .send(undefined, { op: GatewayOpcode.RequestGuildMembers, d: members })
        .catch((error: unknown) => logger.debug("A shard could not be asked.", { shardId, error }));
    },
    clock,
  });
  lease.keep(() => ({
    ...progress.record(connection.latencyMs),
    isComplete: turnover.isComplete,
    isRefused: turnover.isRefused,
    caughtUp: turnover.caughtUp,
  }));
  const parts: ShardParts = { ...options, connection, progress, turnover, lease, resumed, giveUp };
  const outbox = relayDispatches(parts);
  const responder = await takeCommands(parts);

  void connection.closed.then(({ kind, error }) => {
    if (kind !== "fatal") return;
    turnover.refused();
    lease.renew().catch((reason: unknown) => logger.debug("A refusal was not written.", { shardId, error: reason }));
    options.onFatal(error);
  });
  connection.connect().catch((error: unknown) => {
    if (stopping) return;
    logger.warn("A shard did not connect.", { shardId, error: describeError(error) });
    giveUp();
  });

  return {
    async stop() {
      stopping = true;
      await connection.close(options.generation.isEnding ? { keepSession: false } : undefined);
      const drained = Promise.withResolvers<void>();
      using _timer = clock.setTimer(DRAIN_MS, drained.resolve);
      await Promise.race([Promise.all([outbox.settled(), responder.close()]), drained.promise]);
      outbox.close();
    },
  };
}
