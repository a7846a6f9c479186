import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBotConfig, startBot } from "@antiphon/bot";
import { describeWith, startPostgres } from "@antiphon/services";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { expect, test } from "vitest";
import { finalAnswer } from "../src/tour/final-answer.ts";

describeWith("postgresql", "a bot with DATABASE_URL", () => {
  test("keeps its history there, over a restart", { timeout: 300_000 }, async () => {
    await using stack = new AsyncDisposableStack();
    const dataDirectory = mkdtempSync(join(tmpdir(), "antiphon-database-"));
    stack.defer(() => rmSync(dataDirectory, { recursive: true, force: true }));
    const postgres = stack.use(await startPostgres());
    const discord = stack.use(await startDiscordSimulator());
    const { token } = discord.world.addApplication({ name: "Bot" });
    using config = await openBotConfig({
      environment: { DATABASE_URL: postgres.url },
      overrides: { discord: { token, api: discord.apiUrl }, dataDirectory },
    });
    const track = { artist: "The Lanterns", title: "Tidewater", durationMs: 44_000, identifier: "tidewater" };
    {
      await using bot = await startBot({ config: config.value });
      const play = { playId: "1", communityId: "9", userId: "7", track, startedAtMs: 1_000, heardRatio: 1 };
      expect(await bot.recommender.recordPlay(play)).toBe(true);
    }
    await using again = await startBot({ config: config.value });
    const picks = await again.recommender.recommend({ communityId: "9", seed: { ...track, title: "Harbour" } });
    expect(picks.map((pick) => pick.track.title)).toContain("Tidewater");
    expect(readdirSync(dataDirectory)).not.toContain("history.sqlite");
  });

  test("goes on when the database is lost, and tells people", { timeout: 300_000 }, async () => {
    await using stack = new AsyncDisposableStack();
    const dataDirectory = mkdtempSync(join(tmpdir(), "antiphon-database-"));
    stack.defer(() => rmSync(dataDirectory, { recursive: true, force: true }));
    const discord = stack.use(await startDiscordSimulator());
    const { world } = discord;
    const { token, applicationId, botUserId } = world.addApplication({ name: "Bot" });
    const owner = world.addUser({ username: "owner" });
    const guild = world.addGuild({ name: "Guild", ownerId: owner.id });
    world.addMember(guild.id, botUserId);
    const channelId = world.addChannel(guild.id, { name: "text", type: "text" }).id;
    const ask = async (name: string) => {
      const use = { guildId: guild.id, channelId, userId: owner.id, applicationId, name };
      return finalAnswer(world, await world.invokeCommand(use), { channelId, botUserId });
    };
    const postgres = await startPostgres();
    const config = stack.use(
      await openBotConfig({
        environment: { DATABASE_URL: postgres.url },
        overrides: { discord: { token, api: discord.apiUrl }, dataDirectory },
      }),
    );
    stack.use(await startBot({ config: config.value }));
    expect((await ask("stats")).content).toMatch(/I have heard nothing with you yet/);
    await postgres[Symbol.asyncDispose]();
    // What the person is told names a code, and not the database.
    expect((await ask("stats")).content).toMatch(/^⚠️ Something went wrong here\. .*the code `\w+`/);
    expect((await ask("ping")).content).toMatch(/^Pong/);
  });
});
