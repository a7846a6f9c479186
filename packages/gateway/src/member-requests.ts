import { GatewayOpcode, type Dispatch, type DispatchSource, type GuildId } from "@antiphon/protocol/discord";
import { createBoundedQueue, type BoundedQueue, type Clock, type Random } from "@antiphon/std";
import { GatewayError } from "./gateway-error.ts";

/** A member as Discord sends it, unchecked but for its user's id. */
export interface RequestedMember {
  readonly user: { readonly id: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** One GUILD_MEMBERS_CHUNK. */
export interface MemberChunk {
  /** Up to 1,000 members. */
  readonly members: readonly RequestedMember[];
  /** Which chunk this is, from 0. */
  readonly index: number;
  /** How many chunks there are. */
  readonly count: number;
  /** Of the ids that were asked for, those that are no members. */
  readonly notFound: readonly string[];
  /** The presences of these members, when they were asked for. */
  readonly presences: readonly unknown[];
}

/** Which members are wanted: those with these ids, those whose name starts so, or, with neither, all. */
export interface MemberRequestOptions {
  /** Up to 100 ids. */
  readonly userIds?: readonly string[] | undefined;
  /** How the user name or nickname starts; at least one character. */
  readonly query?: string | undefined;
  /** The most members that a `query` gives, 1 to 100. Defaults to 100. */
  readonly limit?: number | undefined;
  /** Presences, too; needs the GUILD_PRESENCES intent. Defaults to false. */
  readonly presences?: boolean | undefined;
  /** For how long the next chunk may take, in milliseconds. Defaults to 15,000. */
  readonly chunkTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The answer to a request for members: read it chunk by chunk, or all at once; once only. */
export interface MemberRequest extends AsyncIterable<MemberChunk> {
  /** Every member, when all chunks are here. @throws what reading throws */
  all(): Promise<readonly RequestedMember[]>;
}

/** Asks for members over a source of dispatches. */
export interface MemberRequests {
  /**
   * Asks for members of a guild; nothing is sent before the answer is read. The whole list of one guild may be asked for once in
   * 30 s (and needs the GUILD_MEMBERS intent): a second request waits, as it does when Discord says so.
   *
   * Reading throws a GatewayError GATEWAY_MEMBERS_TIMED_OUT when a chunk does not come, what `send` throws, or the signal's reason.
   *
   * @throws GatewayError GATEWAY_INVALID_OPTIONS
   * @see [Discord Docs/Gateway Events, "Request Guild Members"]
   */
  request(guildId: GuildId, options?: MemberRequestOptions): MemberRequest;
  /** Lets everything that is being read throw this. */
  close(error: Error): void;
}

/** Options of {@link createMemberRequests}. */
export interface MemberRequestsOptions {
  readonly source: Pick<DispatchSource, "subscribe" | "send">;
  readonly clock: Clock;
  readonly random: Random;
}

/** Since August 2025. */
const WHOLE_LIST_INTERVAL_MS = 30_000;
const DEFAULT_CHUNK_TIMEOUT_MS = 15_000;
const MAXIMUM_PICK = 100;
/** More chunks than the largest guild has. */
const MAXIMUM_CHUNKS = 100_000;

type Answer = { readonly chunk: MemberChunk } | { readonly retryAfterMs: number };
type Fields = Readonly<Record<string, unknown>>;

const asFields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function isMember(value: unknown): value is RequestedMember {
  return typeof asFields(asFields(value)["user"])["id"] === "string";
}

function readChunk(data: Fields): MemberChunk | undefined {
  const { chunk_index: index, chunk_count: count } = data;
  if (!Number.isInteger(index) || !Number.isInteger(count) || (count as number) > MAXIMUM_CHUNKS) return undefined;
  return {
    members: asArray(data["members"]).filter(isMember),
    index: index as number,
    count: count as number,
    notFound: asArray(data["not_found"]).map(String),
    presences: asArray(data["presences"]),
  };
}

function readAnswer({ type, data }: Dispatch): { readonly nonce: unknown; readonly answer: Answer } | undefined {
  const fields = asFields(data);
  if (type === "GUILD_MEMBERS_CHUNK") {
    const chunk = readChunk(fields);
    return chunk && { nonce: fields["nonce"], answer: { chunk } };
  }
  const { opcode, retry_after: retryAfter, meta } = fields;
  if (type !== "RATE_LIMITED" || opcode !== GatewayOpcode.RequestGuildMembers) return undefined;
  if (typeof retryAfter !== "number" || !(retryAfter >= 0)) return undefined;
  return { nonce: asFields(meta)["nonce"], answer: { retryAfterMs: retryAfter * 1_000 } };
}

function check({ userIds, query, limit }: MemberRequestOptions): void {
  const reject = (message: string): never => {
    throw new GatewayError("GATEWAY_INVALID_OPTIONS", `requestMembers: ${message}`);
  };
  if (userIds !== undefined && query !== undefined) reject("pass userIds or query, not both.");
  if (userIds !== undefined && (userIds.length < 1 || userIds.length > MAXIMUM_PICK))
    reject(`userIds must be 1 to ${MAXIMUM_PICK}, not ${userIds.length}; split them.`);
  if (query === "") reject("query must not be empty; leave it out to get all members.");
  if (limit !== undefined && (query === undefined || !(Number.isInteger(limit) && limit >= 1 && limit <= MAXIMUM_PICK)))
    reject(`limit goes with query and must be 1 to ${MAXIMUM_PICK}, not ${limit}.`);
}

/** Builds {@link MemberRequests}. */
export function createMemberRequests({ source, clock, random }: MemberRequestsOptions): MemberRequests {
  const pending = new Map<string, BoundedQueue<Answer>>();
  const wholeListAtMs = new Map<string, number>();
  const closing = new AbortController();
  let subscription: Disposable | undefined;

  const onDispatch = (dispatch: Dispatch) => {
    const known = readAnswer(dispatch);
    if (typeof known?.nonce === "string") pending.get(known.nonce)?.push(known.answer);
  };
  const wants = (type: string) => type === "GUILD_MEMBERS_CHUNK" || type === "RATE_LIMITED";
  const open = (nonce: string) => {
    const answers = createBoundedQueue<Answer>({ limit: MAXIMUM_CHUNKS });
    subscription ??= source.subscribe(onDispatch, { wants });
    pending.set(nonce, answers);
    return answers;
  };
  const forget = (nonce: string) => {
    pending.delete(nonce);
    if (pending.size > 0) return;
    subscription?.[Symbol.dispose]();
    subscription = undefined;
  };
  /** Waits until the whole list of a guild may be asked for again, and takes the turn. */
  const takeTurn = async (guildId: string, signal: AbortSignal) => {
    for (;;) {
      const waitMs = (wholeListAtMs.get(guildId) ?? -Infinity) + WHOLE_LIST_INTERVAL_MS - clock.monotonicMs();
      if (waitMs <= 0) break;
      await clock.sleep(waitMs, { signal });
    }
    for (const [id, atMs] of wholeListAtMs)
      if (atMs + WHOLE_LIST_INTERVAL_MS <= clock.monotonicMs()) wholeListAtMs.delete(id);
    wholeListAtMs.set(guildId, clock.monotonicMs());
  };

  async function* read(guildId: GuildId, options: MemberRequestOptions): AsyncGenerator<MemberChunk, void, undefined> {
    const { userIds, query, limit, presences = false, chunkTimeoutMs = DEFAULT_CHUNK_TIMEOUT_MS } = options;
    const signal = AbortSignal.any([closing.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    const isWhole = userIds === undefined && query === undefined;
    const nonce = Array.from({ length: 4 }, () => random.integer(0, 0xff_ffff).toString(36)).join("-");
    const pick =
      userIds === undefined
        ? { query: query ?? "", limit: isWhole ? 0 : (limit ?? MAXIMUM_PICK) }
        : { user_ids: userIds };
    const d = { guild_id: guildId, ...pick, ...(presences && { presences }), nonce };
    const answers = open(nonce);
    const ask = async () => {
      signal.throwIfAborted();
      if (isWhole) await takeTurn(guildId, signal);
      await source.send(guildId, { op: GatewayOpcode.RequestGuildMembers, d });
    };
    try {
      await ask();
      for (let received = 0, count = 1; received < count;) {
        const answer = await next(answers, guildId, chunkTimeoutMs, signal);
        if ("chunk" in answer) {
          received++;
          count = answer.chunk.count;
          yield answer.chunk;
          continue;
        }
        await clock.sleep(answer.retryAfterMs, { signal });
        wholeListAtMs.delete(guildId);
        await ask();
      }
    } finally {
      forget(nonce);
    }
  }

  const next = async (
    answers: BoundedQueue<Answer>,
    guildId: string,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Answer> => {
    const timeout = new AbortController();
    using _timer = clock.setTimer(timeoutMs, () => {
      const message = `requestMembers: no chunk of guild ${guildId} came for ${timeoutMs} ms; ask again.`;
      timeout.abort(new GatewayError("GATEWAY_MEMBERS_TIMED_OUT", message, { retryable: true, details: { guildId } }));
    });
    // The queue is never closed, so there is always an answer or a reason.
    return (await answers.take({ signal: AbortSignal.any([signal, timeout.signal]) })) as Answer;
  };

  return {
    close: (error) => closing.abort(error),
    request(guildId, options = {}) {
      check(options);
      return {
        [Symbol.asyncIterator]: () => read(guildId, options),
        async all() {
          const members: RequestedMember[] = [];
          for await (const chunk of this) members.push(...chunk.members);
          return members;
        },
      };
    },
  };
}
