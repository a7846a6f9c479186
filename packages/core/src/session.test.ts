import type { DispatchSource } from "@antiphon/protocol/discord";
import { describe, expect, it } from "vitest";
import { createSession } from "./session.ts";

/** A session over connections that a test drives. */
function setup() {
  const opened: { connected: PromiseWithResolvers<void>; end: (error: unknown) => void; closed: boolean }[] = [];
  const settling: PromiseWithResolvers<void>[] = [];
  const failures: unknown[] = [];
  const session = createSession({
    openConnection(end) {
      const connection = { connected: Promise.withResolvers<void>(), end, closed: false };
      opened.push(connection);
      const source = { connect: () => connection.connected.promise, subscribe: () => ({ [Symbol.dispose]() {} }) };
      return {
        source: source as unknown as DispatchSource,
        async close() {
          connection.closed = true;
        },
      };
    },
    onDispatch() {},
    wishes: {},
    onConnected() {
      const wait = Promise.withResolvers<void>();
      settling.push(wait);
      return wait.promise;
    },
    onFailed: (error) => failures.push(error),
  });
  return { session, opened, settling, failures };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "resolved",
    (error: { readonly code?: unknown }) => error.code,
  );

describe("createSession", () => {
  it("is not connected when the connection ends for good while the guilds are awaited", async () => {
    const { session, opened, failures } = setup();
    const connecting = codeOf(session.connect());
    opened[0]?.connected.resolve();
    await turn();
    opened[0]?.end(Object.assign(new Error("gone"), { code: "EPIPE", syscall: "write" }));
    expect(await connecting).toBe("CORE_SYSTEM_FAILED");
    expect([session.state, opened[0]?.closed, failures]).toEqual(["idle", true, []]);
  });

  it("tells of an end for good once it is connected, and of none after it let go", async () => {
    const { session, opened, settling, failures } = setup();
    const connecting = session.connect();
    opened[0]?.connected.resolve();
    await turn();
    settling[0]?.resolve();
    await connecting;
    const problem = new Error("gone");
    opened[0]?.end(problem);
    await turn();
    expect([session.state, failures]).toEqual(["idle", [problem]]);
    opened[0]?.end(new Error("again"));
    await turn();
    expect(failures).toHaveLength(1);
  });

  it("opens a connection of its own for a connect that follows a disconnect", async () => {
    const { session, opened, settling } = setup();
    const first = codeOf(session.connect());
    await session.disconnect(false);
    const second = codeOf(session.connect());
    expect([opened.length, session.state]).toEqual([2, "connecting"]);
    opened[0]?.connected.reject(new Error("closed"));
    opened[1]?.connected.resolve();
    await turn();
    for (const wait of settling) wait.resolve();
    expect([await first, await second, session.state]).toEqual(["CORE_CLOSED", "resolved", "connected"]);
  });

  it("connects once for all who ask, whoever of them gives up", async () => {
    const { session, opened, settling } = setup();
    const impatient = new AbortController();
    const first = session.connect({ signal: impatient.signal });
    const second = session.connect();
    impatient.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    opened[0]?.connected.resolve();
    await turn();
    settling[0]?.resolve();
    await second;
    expect([opened.length, session.state]).toEqual([1, "connected"]);
  });

  it("gives up when all who asked have", async () => {
    const { session, opened } = setup();
    const [one, other] = [new AbortController(), new AbortController()];
    const both = [session.connect({ signal: one.signal }), session.connect({ signal: other.signal })];
    one.abort(new Error("enough"));
    other.abort(new Error("enough"));
    for (const connecting of both) await expect(connecting).rejects.toThrow("enough");
    await turn();
    expect([session.state, opened[0]?.closed]).toEqual(["idle", true]);
  });
});
