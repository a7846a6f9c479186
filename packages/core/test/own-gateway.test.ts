import { createClient, type Client } from "@antiphon/core";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { waitFor } from "@antiphon/std";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

describe("a client on its own gateway", () => {
  let simulator: DiscordSimulator;
  let client: Client;
  let applicationId: string;

  beforeEach(async () => {
    simulator = await startDiscordSimulator({ identify: { windowMs: 0 } });
    const application = simulator.world.addApplication({ name: "Antiphon" });
    ({ applicationId } = application);
    client = createClient({ token: `Bot ${application.token}`, intents: ["guilds"], api: simulator.apiUrl });
    await client.connect();
  });
  afterEach(async () => {
    await client.close();
    await simulator.close();
  });

  it("resumes its session on reconnect", async () => {
    const resumed = waitFor(simulator.world, "sessionResume");
    await client.reconnect();
    await resumed;
    expect(client.user.bot).toBe(true);
  });

  it("leaves nothing open after many lives", async () => {
    for (let life = 0; life < 5; life++) {
      await client.disconnect();
      await client.connect();
    }
    await client.close();
    await client.close();
    expect([client.state, client.latencyMs]).toEqual(["closed", undefined]);
    // What is still open now, the guard of the test run finds.
  });

  it("starts a new session after disconnect", async () => {
    await client.disconnect();
    expect([client.state, client.latencyMs]).toEqual(["idle", undefined]);
    const started = waitFor(simulator.world, "sessionStart");
    await client.connect();
    await started;
  });

  it("tells when Discord ends it for good, and can be connected again", async () => {
    const failed = client.waitFor("connectionFailed");
    simulator.world.dropConnections({ applicationId, code: 4004 });
    expect((await failed).error.code).toBe("CORE_TOKEN_REJECTED");
    expect(client.state).toBe("idle");
    await client.connect();
    expect(client.state).toBe("connected");
  });
});
