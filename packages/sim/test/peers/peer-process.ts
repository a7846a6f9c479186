import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Peer, PeerAdapter, PeerCommand, PeerWorld } from "./peer.ts";

// Some libraries patch what is not theirs, or leave timers running for minutes; each of their peers is a process of its own.

/** What the test asks of the process. */
type Request = { readonly id: number; readonly args: readonly string[] } & (
  | { readonly call: "open"; readonly world: PeerWorld }
  | { readonly call: "names" | "send" | "registerPlay" }
  | { readonly call: "reply" | "editReply" | "followUp"; readonly commandId: number }
);

/** What the process tells. */
type Report =
  | { readonly type: "result"; readonly id: number; readonly value?: unknown; readonly error?: string }
  | { readonly type: "message"; readonly content: string; readonly authorName: string }
  | ({ readonly type: "command"; readonly commandId: number } & Pick<PeerCommand, "name" | "query" | "userName">);

/** Runs in the child: does for `open` what the test asks over the channel, until it closes. */
export function servePeer(open: PeerAdapter["open"]): void {
  const tell = (report: Report) => process.send?.(report);
  const commands: PeerCommand[] = [];
  let peer: Peer | undefined;
  const perform = async (request: Request): Promise<unknown> => {
    const [one = "", two = ""] = request.args;
    switch (request.call) {
      case "open":
        peer = await open(request.world, {
          message: (message) => tell({ type: "message", ...message }),
          command(command) {
            const { name, query, userName } = command;
            tell({ type: "command", commandId: commands.push(command) - 1, name, query, userName });
          },
        });
        return undefined;
      case "names":
        return peer?.names(one, two);
      case "send":
        await peer?.send(one, two);
        return undefined;
      case "registerPlay":
        await peer?.registerPlay();
        return undefined;
      default:
        await commands[request.commandId]?.[request.call](one);
        return undefined;
    }
  };
  process.on("message", (request: Request) => {
    perform(request).then(
      (value) => tell({ type: "result", id: request.id, value }),
      (error: unknown) => tell({ type: "result", id: request.id, error: String(error) }),
    );
  });
  process.on("disconnect", () => process.exit());
}

/** An adapter whose peers run in a child process that starts with this module, which calls {@link servePeer}. */
export function peerInProcess(module: URL): PeerAdapter["open"] {
  return async (world, listener) => {
    // Without the flags of the test runner, by whose conditions `require("ws")` would give a peer the wrong build.
    const child = fork(module, { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const request = createRequester(child);
    const commandCall = (call: "reply" | "editReply" | "followUp", commandId: number) => (content: string) =>
      request({ call, commandId, args: [content] });
    child.on("message", (report: Report) => {
      if (report.type === "message") listener.message({ content: report.content, authorName: report.authorName });
      if (report.type !== "command") return;
      const { commandId, name, query, userName } = report;
      listener.command({
        name,
        query,
        userName,
        reply: commandCall("reply", commandId),
        editReply: commandCall("editReply", commandId),
        followUp: commandCall("followUp", commandId),
      });
    });
    await request({ call: "open", world, args: [] });
    return {
      names: (guildId, channelId) =>
        request({ call: "names", args: [guildId, channelId] }) as ReturnType<Peer["names"]>,
      send: (channelId, content) => request({ call: "send", args: [channelId, content] }),
      registerPlay: () => request({ call: "registerPlay", args: [] }),
      async close() {
        const exited = once(child, "exit");
        child.kill("SIGKILL");
        await exited;
      },
    };
  };
}

type Unnumbered<R> = R extends Request ? Omit<R, "id"> : never;

/** Gives a function that sends a request and resolves with its result, or rejects when the child is gone first. */
function createRequester(child: ChildProcess): (request: Unnumbered<Request>) => Promise<unknown> {
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let nextId = 1;
  child.on("message", (report: Report) => {
    if (report.type !== "result") return;
    const waiting = pending.get(report.id);
    pending.delete(report.id);
    if (report.error === undefined) waiting?.resolve(report.value);
    else waiting?.reject(new Error(report.error));
  });
  child.once("exit", (code) => {
    for (const { reject } of pending.values()) reject(new Error(`the peer's process ended with code ${code}`));
  });
  return (request) => {
    const id = nextId++;
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject });
      child.send({ id, ...request });
    });
  };
}
