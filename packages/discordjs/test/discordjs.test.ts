import { fromDiscordJs } from "@antiphon/discordjs";
import type { GuildId } from "@antiphon/protocol/discord";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { Client, GatewayIntentBits } from "discord.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

describe("fromDiscordJs", () => {
  let simulator: DiscordSimulator;
  let client: Client;
  let token: string;
  let botUserId: string;

  beforeEach(async () => {
    simulator = await startDiscordSimulator();
    ({ token, botUserId } = simulator.world.addApplication({ name: "Antiphon" }));
    const intents = [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates];
    client = new Client({ intents, rest: { api: simulator.apiUrl } });
  });
  afterEach(async () => {
    await client.destroy();
    await simulator.close();
  });

  describe("gateway", () => {
    it("follows a client that somebody else logs in, and leaves that one's connection alone", async () => {
      const { gateway } = fromDiscordJs(client);
      const types: string[] = [];
      using _subscription = gateway.subscribe(({ type, shardId }) => types.push(`${type} ${shardId}`));
      const connecting = gateway.connect();
      await client.login(token);
      await connecting;
      expect(types[0]).toBe("READY 0");
      await gateway.close();
      await gateway.close();
      expect(client.isReady()).toBe(true);
    });

    it("refuses a client that has logged in, and to open again after close", async () => {
      const { gateway } = fromDiscordJs(client, { token });
      await gateway.connect();
      expect(() => fromDiscordJs(client)).toThrow(expect.objectContaining({ code: "DISCORDJS_ALREADY_READY" }));
      await gateway.close();
      await expect(gateway.connect()).rejects.toMatchObject({ code: "DISCORDJS_CLOSED" });
    });

    it("stops waiting at the signal", async () => {
      const { gateway } = fromDiscordJs(client);
      await expect(gateway.connect({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
      await expect(gateway.send("1" as GuildId, { op: 4, d: {} })).rejects.toMatchObject({
        code: "DISCORDJS_NOT_CONNECTED",
      });
      expect(gateway.latencyMs).toBeUndefined();
    });

    it("keeps a failing subscriber from discord.js and from the others", async () => {
      const { gateway } = fromDiscordJs(client, { token });
      const warnings: string[] = [];
      const onWarning = (warning: Error) => void warnings.push(warning.message);
      process.on("warning", onWarning);
      gateway.subscribe(() => {
        throw new Error("subscriber");
      });
      let seen = 0;
      gateway.subscribe(() => void seen++);
      await gateway.connect();
      await new Promise(setImmediate);
      process.off("warning", onWarning);
      expect([seen > 0, warnings.some((warning) => warning.includes("subscriber"))]).toEqual([true, true]);
    });
  });

  it("signals voice", async () => {
    const { world } = simulator;
    const guild = world.addGuild({ name: "Listeners" });
    const lounge = world.addChannel(guild.id, { name: "Lounge", type: "voice" });
    world.addMember(guild.id, botUserId);
    const { gateway, voiceSignaling } = fromDiscordJs(client, { token });
    expect(() => voiceSignaling.userId).toThrow(expect.objectContaining({ code: "DISCORDJS_NOT_CONNECTED" }));
    await gateway.connect();
    expect(voiceSignaling.userId).toBe(botUserId);
    const joined = Promise.withResolvers<unknown>();
    using _listening = voiceSignaling.onVoiceState((dispatch) => joined.resolve(dispatch));
    await voiceSignaling.updateVoiceState({
      guildId: guild.id,
      channelId: lounge.id,
      selfMute: false,
      selfDeaf: true,
    });
    expect(await joined.promise).toMatchObject({
      guildId: guild.id,
      userId: botUserId,
      channelId: lounge.id,
      sessionId: expect.any(String),
    });
  });

  describe("rest", () => {
    it("gives undefined for 204, repeats array parameters, and leaves undefined ones out", async () => {
      const { gateway, rest } = fromDiscordJs(client, { token });
      await gateway.connect();
      const channel = simulator.world.addChannel(simulator.world.addGuild({ name: "G", ownerId: botUserId }).id, {
        name: "c",
        type: "text",
      });
      expect(await rest.request("POST", `/channels/${channel.id}/typing`)).toBeUndefined();
      const query = { with_counts: true, ids: ["1", "2"], nothing: undefined };
      const gateways = await rest.request<{ url: string }>("GET", "/gateway/bot", { query });
      expect(gateways.url).toBe(simulator.gatewayUrl);
      const asked = simulator.transcript.entries.map((entry) => JSON.stringify(entry));
      expect(asked.some((entry) => entry.includes("with_counts=true&ids=1&ids=2"))).toBe(true);
    });

    it("maps errors to codes with status and Discord's code, and never names a token", async () => {
      const { gateway, rest } = fromDiscordJs(client, { token });
      await gateway.connect();
      await expect(rest.request("GET", "/channels/1")).rejects.toMatchObject({
        code: "DISCORDJS_REQUEST_REJECTED",
        details: { status: 404, code: 10003 },
      });
      const callback = rest.request("POST", "/interactions/1/very-secret/callback", {
        body: { type: 5 },
        authenticate: false,
      });
      const error: Error = await callback.then(
        () => new Error("resolved"),
        (reason: Error) => reason,
      );
      expect(error).toMatchObject({ code: "DISCORDJS_REQUEST_REJECTED", details: { status: 404 } });
      expect(error.message).toContain("POST /interactions/1/[redacted]/callback");
      expect(error.message).not.toContain("very-secret");
    });

    it("rejects with the signal's reason, and tells a network failure apart", async () => {
      const { rest } = fromDiscordJs(client);
      client.rest.setToken(token);
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(rest.request("GET", "/users/@me", { signal })).rejects.toThrow("enough");
      client.rest.options.retries = 0;
      await simulator.close();
      await expect(rest.request("GET", "/users/@me")).rejects.toMatchObject({
        code: "DISCORDJS_REQUEST_FAILED",
        retryable: true,
      });
    });
  });
});
