import { startDiscordSimulator } from "@antiphon/sim/discord";
import { describe, expect, it } from "vitest";
import { createRest } from "../src/index.ts";
import { createRoutes, iterateMembers, iterateMessages, iterateReactions } from "../src/routes/index.ts";

describe("the routes against the simulated Discord", () => {
  it("create, change, list and delete", async () => {
    await using discord = await startDiscordSimulator();
    const { world } = discord;
    const bot = world.addApplication({ name: "Bot" });
    const guild = world.addGuild({ name: "Guild" });
    world.addMember(guild.id, bot.botUserId, { permissions: 8n });
    await using rest = createRest({ token: bot.token, api: discord.apiUrl });
    const routes = createRoutes(rest);

    const channel = await routes.guilds.createChannel(guild.id, { name: "general" }, { reason: "somewhere to write" });
    const ids: string[] = [];
    for (const content of ["one", "two", "three"]) {
      const { id } = await routes.channels.createMessage(channel.id, { content });
      ids.push(id);
    }
    const newest = ids[2] as string;
    await routes.channels.editMessage(channel.id, newest, { content: "the last" });
    await routes.channels.addReaction(channel.id, newest, "🔥");
    const listed = iterateMessages(routes, channel.id, { pageSize: 2 });
    expect(await Array.fromAsync(listed, ({ content }) => content)).toEqual(["the last", "two", "one"]);
    const oldest = iterateMessages(routes, channel.id, { pageSize: 2, after: "0" });
    expect(await Array.fromAsync(oldest, ({ id }) => id)).toEqual(ids);
    const reacted = iterateReactions(routes, channel.id, newest, "🔥");
    expect(await Array.fromAsync(reacted, ({ id }) => id)).toEqual([bot.botUserId]);
    const members = iterateMembers(routes, guild.id, { pageSize: 1 });
    expect(await Array.fromAsync(members, ({ user }) => user.id)).toContain(bot.botUserId);
    await routes.channels.bulkDeleteMessages(channel.id, { messages: ids.slice(0, 2) }, { reason: "tidy" });
    expect(await routes.channels.deleteMessage(channel.id, newest)).toBeUndefined();
    expect(await routes.channels.listMessages(channel.id)).toEqual([]);
    await expect(routes.channels.getMessage(channel.id, newest)).rejects.toMatchObject({ details: { status: 404 } });
    expect(discord.transcript.problems).toEqual([]);
  });
});
