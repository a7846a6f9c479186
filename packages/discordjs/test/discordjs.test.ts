import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { fromDiscordJs } from "@antiphon/discordjs";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { Client, GatewayIntentBits } from "discord.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** An HTTP server on loopback in the place of Discord's. */
async function startServer(listener: RequestListener): Promise<AsyncDisposable & { readonly api: string }> {
  const server = createServer((request, response) => request.resume().on("end", () => listener(request, response)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

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
      await expect(gateway.send("1", { op: 4, d: {} })).rejects.toMatchObject({
        code: "DISCORDJS_NOT_CONNECTED",
      });
      expect(gateway.latencyMs).toBeUndefined();
    });

    it("gives a subscriber what it wants, and names the rest", async () => {
      const { gateway } = fromDiscordJs(client, { token });
      const seen: string[] = [];
      const skipped: string[] = [];
      const wants = (type: string) => type === "READY";
      gateway.subscribe(({ type }) => seen.push(type), { wants, onSkipped: (type) => skipped.push(type) });
      gateway.subscribe(() => {}, { wants: () => false });
      simulator.world.addMember(simulator.world.addGuild({ name: "G" }).id, botUserId);
      await gateway.connect();
      expect(seen).toEqual(["READY"]);
      await expect.poll(() => skipped, { timeout: 30_000 }).toContain("GUILD_CREATE");
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

    it("sends a request's headers, and none twice that discord.js sets by itself", async () => {
      const seen: (readonly [string, string | undefined])[] = [];
      await using server = await startServer((request, response) => {
        for (let index = 0; index < request.rawHeaders.length; index += 2)
          seen.push([(request.rawHeaders[index] ?? "").toLowerCase(), request.rawHeaders[index + 1]]);
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
      client = new Client({ intents: [], rest: { api: server.api } });
      const { rest } = fromDiscordJs(client);
      client.rest.setToken("the-token");
      const values = (name: string) => seen.filter(([given]) => given === name).map(([, value]) => value);
      const headers = { "X-Super": "yes", AUTHORIZATION: "none", "User-Agent": "mine", "content-Type": "text/plain" };
      await rest.request("POST", "/x", { headers, body: { a: 1 } });
      expect(values("x-super")).toEqual(["yes"]);
      expect(values("authorization")).toEqual(["Bot the-token"]);
      expect(values("content-type")).toEqual(["application/json"]);
      expect(values("user-agent")).toEqual([expect.stringContaining("DiscordBot")]);
      seen.length = 0;
      const files = [{ name: "a.txt", data: "text" }];
      await rest.request("POST", "/x", { headers: { authorization: "Bearer own" }, authenticate: false, files });
      expect(values("authorization")).toEqual(["Bearer own"]);
      expect(values("content-type")).toEqual([expect.stringMatching(/^multipart\/form-data; boundary=/)]);
      seen.length = 0;
      await rest.request("GET", "/x", { headers: { "x-audit-log-reason": "theirs" }, reason: "ours" });
      expect(values("x-audit-log-reason")).toEqual(["ours"]);
    });

    it("gives an answer in the format that was asked for, whatever type it says it has", async () => {
      await using server = await startServer((request, response) => {
        const type = request.url?.endsWith("/html") === true ? "text/html" : "application/json";
        response.writeHead(200, { "content-type": type }).end(type === "text/html" ? "<html>" : '{"a":1}');
      });
      client = new Client({ intents: [], rest: { api: server.api } });
      const { rest } = fromDiscordJs(client);
      client.rest.setToken("the-token");
      const bytes = await rest.request<ArrayBuffer>("GET", "/json", { responseFormat: "bytes" });
      expect(Buffer.from(bytes).toString()).toBe('{"a":1}');
      expect(await rest.request("GET", "/json")).toEqual({ a: 1 });
      await expect(rest.request("GET", "/html")).rejects.toMatchObject({
        code: "DISCORDJS_INVALID_RESPONSE",
        details: { status: 200 },
      });
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
