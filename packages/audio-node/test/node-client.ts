import { decodeMessage, type NodeMessage, type WirePlayer } from "@antiphon/protocol/lavalink";
import type { AudioNode } from "@antiphon/audio-node";
import { WebSocket, type RawData } from "ws";

export const PASSWORD = "a password";
export const BOT_ID = "111111111111111111";

/** An answer of the REST API. */
export interface RestAnswer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** Sends a request with the password; gives the body as JSON, or as text where it is none. */
export async function call<Body = Record<string, unknown>>(
  node: AudioNode,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { authorization: PASSWORD },
): Promise<RestAnswer<Body>> {
  const init = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const response = await fetch(node.url + path, { method, headers, ...init });
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
}

/** A client's WebSocket and everything that came through it. */
export interface NodeSocket {
  readonly sessionId: string;
  readonly resumed: boolean;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly messages: readonly NodeMessage[];
  /** The next message, from those that came already on, for which the test is true; each is given once. */
  next(matches: (message: NodeMessage) => boolean): Promise<NodeMessage>;
  /** The next event of a type. */
  event(type: string): Promise<NodeMessage & { readonly op: "event" }>;
  patch(guildId: string, body: unknown, query?: string): Promise<RestAnswer<WirePlayer>>;
  close(): Promise<void>;
  /** Cuts the connection without a goodbye. */
  cut(): void;
}

function textOf(data: RawData): string {
  return (data as Buffer).toString("utf8");
}

/** Opens a client's WebSocket and waits until it is ready. */
export async function openNodeSocket(node: AudioNode, headers: Record<string, string> = {}): Promise<NodeSocket> {
  const socket = new WebSocket(`${node.url.replace("http", "ws")}/v4/websocket`, {
    headers: { authorization: PASSWORD, "user-id": BOT_ID, "client-name": "test/1", ...headers },
  });
  const messages: NodeMessage[] = [];
  const taken = new Set<NodeMessage>();
  const waiting = new Set<() => void>();
  let upgradeHeaders: Record<string, unknown> = {};
  socket.on("upgrade", (response) => (upgradeHeaders = response.headers));
  socket.on("message", (data) => {
    const decoded = decodeMessage(textOf(data));
    if (decoded.kind === "malformed") throw new Error(`the node sent something broken: ${textOf(data)}`);
    // An event of this node's own is as good as one of Lavalink's.
    messages.push(decoded.kind === "unknown" ? (decoded.raw as NodeMessage) : decoded.message);
    for (const check of waiting) check();
  });
  const next: NodeSocket["next"] = (matches) =>
    new Promise((resolve) => {
      const check = () => {
        const found = messages.find((message) => !taken.has(message) && matches(message));
        if (found === undefined) return;
        taken.add(found);
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const failed = new Promise<never>((_resolve, reject) => socket.once("error", reject));
  failed.catch(() => {});
  const ready = await Promise.race([next((message) => message.op === "ready"), failed]);
  if (ready.op !== "ready") throw new Error("the node did not say ready");
  const { sessionId, resumed } = ready;
  return {
    sessionId,
    resumed,
    headers: upgradeHeaders,
    messages,
    next,
    event: (type) =>
      next((message) => message.op === "event" && message.type === type) as ReturnType<NodeSocket["event"]>,
    patch: (guildId, body, query = "") =>
      call(node, "PATCH", `/v4/sessions/${sessionId}/players/${guildId}${query}`, body),
    async close() {
      socket.close();
      await closed;
    },
    cut: () => socket.terminate(),
  };
}

/** The status and body with which an upgrade is refused. */
export function refusedUpgrade(
  node: AudioNode,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(node.url.replace("http", "ws") + path, { headers });
    socket.on("open", () => reject(new Error("the upgrade was accepted")));
    socket.on("error", () => {});
    socket.on("unexpected-response", (_request, response) => {
      let text = "";
      response.on("data", (piece: Buffer) => (text += piece.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
  });
}
