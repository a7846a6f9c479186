import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBotConfig, startBot } from "@antiphon/bot";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { silentLogger } from "@antiphon/std";
import { expect, test } from "vitest";

/** Starts a bot whose Lavalink server is at this port; `onTrying` is called when it says that it is not there. */
async function startWith(
  stack: AsyncDisposableStack,
  lavalink: { port: number; password: string },
  onTrying = () => {},
) {
  const dataDirectory = mkdtempSync(join(tmpdir(), "antiphon-audio-node-"));
  stack.defer(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const discord = stack.use(await startDiscordSimulator());
  const { token } = discord.world.addApplication({ name: "Bot" });
  const overrides = { discord: { token, api: discord.apiUrl }, audio: { lavalink }, dataDirectory };
  const config = stack.use(await openBotConfig({ environment: {}, overrides }));
  const warn = (message: string) => {
    if (message.includes("audio node is not there")) onTrying();
  };
  return startBot({ config: config.value, logger: { ...silentLogger, warn } });
}

test("a Lavalink server that comes up after the bot is waited for", { timeout: 120_000 }, async () => {
  await using stack = new AsyncDisposableStack();
  const lavalink = stack.use(await startLavalinkSimulator({ password: "p" }));
  // Stands where the server will be, and hangs up until it is there.
  let isThere = false;
  const door = createServer((socket) => {
    if (!isThere) return void socket.destroy();
    const inner = connect(lavalink.port, "127.0.0.1");
    socket.pipe(inner).pipe(socket);
    for (const each of [socket, inner]) each.on("error", () => each.destroy());
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  stack.defer(() => void door.close());
  const { port } = door.address() as AddressInfo;
  const bot = stack.use(await startWith(stack, { port, password: "p" }, () => (isThere = true)));
  expect(isThere).toBe(true);
  expect(bot.lavalink.nodes).toMatchObject([{ ready: true }]);
});

test("a Lavalink server that does not take the password ends the start", { timeout: 120_000 }, async () => {
  await using stack = new AsyncDisposableStack();
  const { port } = stack.use(await startLavalinkSimulator({ password: "p" }));
  const failure = await startWith(stack, { port, password: "s3cret" }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "LAVALINK_NO_NODE", message: expect.stringMatching(/40[13]/u) });
  expect(String(failure)).not.toContain("s3cret");
});
