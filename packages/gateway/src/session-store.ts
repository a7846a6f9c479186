import { readFile, rename, writeFile } from "node:fs/promises";
import type { ShardSession } from "@antiphon/protocol/discord";
import { createKeyedMutex } from "@antiphon/std";
import { GatewayError } from "./gateway-error.ts";

/** Which shard of how many. */
export interface ShardKey {
  readonly shardId: number;
  readonly shardCount: number;
}

/** Keeps sessions, so that the next process of the bot resumes them and misses nothing. */
export interface SessionStore {
  /** The session of a shard; undefined when there is none. */
  load(key: ShardKey): Promise<ShardSession | undefined>;
  /** Keeps a session; undefined forgets it. Called at most once a second per shard. */
  save(key: ShardKey, session: ShardSession | undefined): Promise<void>;
}

const textOf = ({ shardId, shardCount }: ShardKey) => `${shardId}/${shardCount}`;

/** A {@link SessionStore} that lives as long as the process; for gateways that are closed and built again. */
export function createMemorySessionStore(): SessionStore {
  const sessions = new Map<string, ShardSession>();
  return {
    load: (key) => Promise.resolve(sessions.get(textOf(key))),
    save(key, session) {
      if (session === undefined) sessions.delete(textOf(key));
      else sessions.set(textOf(key), session);
      return Promise.resolve();
    },
  };
}

function asSession(value: unknown): ShardSession | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, resumeUrl, sequence } = value as Partial<Record<keyof ShardSession, unknown>>;
  if (typeof id !== "string" || typeof resumeUrl !== "string" || !URL.canParse(resumeUrl)) return undefined;
  if (!Number.isSafeInteger(sequence) || (sequence as number) < 0) return undefined;
  return { id, resumeUrl, sequence: sequence as number };
}

/** A file that is missing is empty; so is one that somebody else wrote: its sessions could not be resumed anyway. */
async function readSessions(path: string): Promise<Map<string, ShardSession>> {
  const sessions = new Map<string, ShardSession>();
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return sessions;
    throw new GatewayError("GATEWAY_SESSION_STORE_FAILED", `Reading the sessions in ${path} failed.`, { cause: error });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return sessions;
  }
  if (typeof parsed !== "object" || parsed === null) return sessions;
  for (const [key, value] of Object.entries(parsed)) {
    const session = asSession(value);
    if (session !== undefined) sessions.set(key, session);
  }
  return sessions;
}

/**
 * A {@link SessionStore} in one JSON file, readable by its owner only because a session belongs to the bot's token; each write
 * replaces the file as a whole.
 */
export function createFileSessionStore(path: string): SessionStore {
  const mutex = createKeyedMutex<"file">();
  let loading: Promise<Map<string, ShardSession>> | undefined;
  const sessionsOf = () => (loading ??= readSessions(path));

  const write = async (key: ShardKey, session: ShardSession | undefined) => {
    const sessions = await sessionsOf();
    if (session === undefined) sessions.delete(textOf(key));
    else sessions.set(textOf(key), session);
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      await writeFile(temporary, JSON.stringify(Object.fromEntries(sessions)), { mode: 0o600 });
      await rename(temporary, path);
    } catch (error) {
      throw new GatewayError("GATEWAY_SESSION_STORE_FAILED", `Writing the sessions to ${path} failed.`, {
        cause: error,
      });
    }
  };

  return {
    load: async (key) => (await sessionsOf()).get(textOf(key)),
    save: (key, session) => mutex.run("file", () => write(key, session)),
  };
}
