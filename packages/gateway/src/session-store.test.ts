import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, silentLogger } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSessionSaver } from "./session-saver.ts";
import { createFileSessionStore, createMemorySessionStore, type SessionStore } from "./session-store.ts";

const key = { shardId: 0, shardCount: 2 };
const other = { shardId: 1, shardCount: 2 };
const session = { id: "abc", resumeUrl: "wss://resume.example", sequence: 5 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "antiphon-gateway-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe.each<[string, () => SessionStore]>([
  ["memory", createMemorySessionStore],
  ["file", () => createFileSessionStore(join(folder, "sessions.json"))],
])("the %s session store", (_name, create) => {
  it("keeps the newest session of each shard, and forgets", async () => {
    const store = create();
    expect(await store.load(key)).toBeUndefined();
    await Promise.all([store.save(key, session), store.save(other, { ...session, id: "def" })]);
    await store.save(key, { ...session, sequence: 6 });
    expect(await store.load(key)).toEqual({ ...session, sequence: 6 });
    await store.save(key, undefined);
    expect(await store.load(key)).toBeUndefined();
    expect(await store.load(other)).toMatchObject({ id: "def" });
    expect(await store.load({ shardId: 1, shardCount: 4 })).toBeUndefined();
  });
});

describe("the file session store", () => {
  it("outlives the process, for its owner only, without leftovers", async () => {
    const path = join(folder, "sessions.json");
    await createFileSessionStore(path).save(key, session);
    expect(await createFileSessionStore(path).load(key)).toEqual(session);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["sessions.json"]);
  });

  it.each(["", "not json", "null", "[]", '{"0/2":{"id":1}}', '{"0/2":{"id":"a","resumeUrl":"no url","sequence":1}}'])(
    "takes %j for empty",
    async (text) => {
      const path = join(folder, "sessions.json");
      await writeFile(path, text);
      expect(await createFileSessionStore(path).load(key)).toBeUndefined();
    },
  );

  it("says which file it could not write", async () => {
    const store = createFileSessionStore(join(folder, "missing", "sessions.json"));
    await expect(store.save(key, session)).rejects.toMatchObject({ code: "GATEWAY_SESSION_STORE_FAILED" });
  });
});

describe("createSessionSaver", () => {
  it("saves at most once a second, and at once on flush", async () => {
    const clock = createManualClock();
    const saved: (number | undefined)[] = [];
    const store: SessionStore = {
      load: () => Promise.resolve(undefined),
      save(_key, value) {
        saved.push(value?.sequence);
        return Promise.resolve();
      },
    };
    const saver = createSessionSaver(store, key, clock, silentLogger);
    for (let sequence = 0; sequence < 100; sequence++) saver.note({ ...session, sequence });
    await clock.advance(1_000);
    expect(saved).toEqual([99]);
    saver.note({ ...session, sequence: 100 });
    await saver.flush();
    await saver.flush();
    expect(saved).toEqual([99, 100]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("forgets what an earlier process left when it turned out to be of no use", async () => {
    const store = createMemorySessionStore();
    await store.save(key, session);
    const saver = createSessionSaver(store, key, createManualClock(), silentLogger);
    saver.note(session);
    saver.note(undefined);
    await saver.flush();
    expect(await store.load(key)).toBeUndefined();
  });

  it("goes on when the store fails", async () => {
    const store: SessionStore = {
      load: () => Promise.resolve(undefined),
      save: () => Promise.reject(new Error("disk full")),
    };
    const problems: unknown[] = [];
    const logger = { ...silentLogger, warn: (_message: string, fields?: object) => problems.push(fields) };
    const saver = createSessionSaver(store, key, createManualClock(), logger);
    saver.note(session);
    await saver.flush();
    expect(problems).toEqual([{ ...key, problem: "disk full" }]);
  });
});
