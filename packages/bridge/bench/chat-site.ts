import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";

/** A site that says what it is told to, as fast as it is told to: CyTube's own limits would be what is measured otherwise. */
export interface ChatSite extends AsyncDisposable {
  readonly url: string;
  readonly domain: string;
  /** Sends a chat line to everybody; the last 15 are repeated to who joins, as CyTube does. */
  say(text: string): void;
}

/** Starts a {@link ChatSite} on loopback. */
export async function startChatSite(): Promise<ChatSite> {
  const http = createServer((request, response) => {
    if (request.url?.startsWith("/socketconfig/") !== true) return;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ servers: [{ url, secure: false }] }));
  });
  const io = new Server(http, { perMessageDeflate: false });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const domain = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  const url = `http://${domain}`;
  const backlog: object[] = [];
  let number = 0;
  io.on("connection", (socket) => {
    socket.on("joinChannel", () => {
      for (const line of backlog) socket.emit("chatMsg", line);
      socket.emit("userlist", []);
      void socket.join("channel");
    });
  });
  return {
    url,
    domain,
    say(text) {
      const line = { username: "guest", msg: text, meta: {}, time: Date.now() + number++ };
      backlog.push(line);
      if (backlog.length > 15) backlog.shift();
      io.to("channel").emit("chatMsg", line);
    },
    async [Symbol.asyncDispose]() {
      await io.close();
    },
  };
}
