import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBotConfig, startBot, startGatewayRole } from "@antiphon/bot";
import { describeWith, startNats } from "@antiphon/services";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startVoiceSimulator } from "@antiphon/sim/voice";
import { waitFor } from "@antiphon/std";
import { expect, test } from "vitest";
import { finalAnswer } from "../src/tour/final-answer.ts";
import { demoFolder, demoTracks } from "./demo-tracks.ts";

describeWith("nats-server", "a bot on several processes", () => {
  test("a gateway holds the connection, a worker answers and plays", { timeout: 300_000 }, async () => {
    const [first] = await demoTracks();
    await using stack = new AsyncDisposableStack();
    const dataDirectory = mkdtempSync(join(tmpdir(), "antiphon-roles-"));
    stack.defer(() => rmSync(dataDirectory, { recursive: true, force: true }));
    const nats = stack.use(await startNats({ jetstream: true }));
    const voice = stack.use(await startVoiceSimulator());
    const discord = stack.use(await startDiscordSimulator({ voice }));
    const { world } = discord;
    const { applicationId, botUserId, token } = world.addApplication({ name: "Bot" });
    const owner = world.addUser({ username: "owner" });
    const guild = world.addGuild({ name: "Guild", ownerId: owner.id });
    world.addMember(guild.id, botUserId);
    const text = world.addChannel(guild.id, { name: "text", type: "text" });
    const room = world.addChannel(guild.id, { name: "room", type: "voice" });
    world.joinVoice({ guildId: guild.id, channelId: room.id, userId: owner.id });

    const configOf = async (role: "gateway" | "worker") =>
      stack.use(
        await openBotConfig({
          environment: {},
          overrides: {
            role,
            discord: { token, api: discord.apiUrl },
            audio: { musicDirectory: demoFolder },
            bus: { transport: "nats", servers: nats.url },
            dataDirectory,
            monitoring: { port: 0 },
          },
        }),
      ).value;
    const gateway = stack.use(await startGatewayRole({ config: await configOf("gateway") }));
    const bot = stack.use(await startBot({ config: await configOf("worker"), voiceCertificate: voice.certificatePem }));

    const place = { guildId: guild.id, channelId: text.id, userId: owner.id, applicationId };
    const started = waitFor(bot.lavalink, "trackStart", { signal: AbortSignal.timeout(60_000) });
    const result = await world.invokeCommand({ ...place, name: "play", options: { query: first?.title ?? "" } });
    const answer = await finalAnswer(world, result, { channelId: text.id, botUserId });
    expect(JSON.stringify(answer)).toContain(first?.title);
    expect((await started).track.info.title).toBe(first?.title);
    expect(world.voiceStates(guild.id).some(({ user_id: userId }) => userId === botUserId)).toBe(true);
    expect(gateway.role.layout.shardCount).toBe(1);
    for (const { healthServer } of [gateway, bot]) expect((await fetch(`${healthServer?.url}/livez`)).status).toBe(200);
  });
});
