import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBotConfig, startBot } from "@antiphon/bot";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { expect, test } from "vitest";

/** A bot in a Discord of its own. */
async function openBot(monitoring: { readonly enabled?: boolean; readonly port?: number }) {
  const stack = new AsyncDisposableStack();
  const dataDirectory = mkdtempSync(join(tmpdir(), "antiphon-monitoring-"));
  stack.defer(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const discord = stack.use(await startDiscordSimulator());
  const { token } = discord.world.addApplication({ name: "Bot" });
  const config = stack.use(
    await openBotConfig({
      environment: {},
      overrides: {
        discord: { token, api: discord.apiUrl },
        dataDirectory,
        monitoring,
        application: { version: "1.2.3" },
      },
    }),
  );
  const bot = stack.use(await startBot({ config: config.value }));
  return { bot, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("a bot that runs is live, ready and measured", async () => {
  await using opened = await openBot({ port: 0 });
  const { bot } = opened;
  expect(bot.context.state).toBe("running");
  await bot.health.checkAllServices();
  const page = async (path: string) => fetch(`${bot.healthServer?.url}${path}`);
  expect((await page("/livez")).status).toBe(200);
  expect(await (await page("/health")).json()).toMatchObject({
    overall_status: "healthy",
    services: { discord: { status: "healthy" }, audio: { status: "healthy" }, bus: { status: "healthy" } },
  });
  await expect
    .poll(async () => (await page("/metrics")).text())
    .toMatch(/antiphon_process_memory_bytes\{kind="resident"\} \d+/);
  expect(await (await page("/metrics")).text()).toContain("antiphon_players 0");
  expect(await bot.metrics.text()).toContain('antiphon_application_info{name="antiphon-bot",version="1.2.3"} 1');
  await bot.close();
  expect(bot.context.state).toBe("closed");
  await expect(page("/livez")).rejects.toThrow();
});

test("without monitoring nothing is served, checked or collected", async () => {
  await using opened = await openBot({ enabled: false, port: 0 });
  const { bot } = opened;
  expect(bot.healthServer).toBeUndefined();
  expect(await bot.health.checkAllServices()).toEqual({});
  expect(await bot.metrics.text()).toBe("\n");
});
