import { connectVoice, renderVoiceMetrics } from "@antiphon/voice";
import { expect, test } from "vitest";
import { GUILD, openRig } from "./voice-rig.ts";

const ALICE = "300000000000000001";
const BOB = "300000000000000002";

test("credentials that the voice server refuses make the first connect reject with the close code", async () => {
  await using rig = await openRig();
  const credentials = { ...rig.allocate(ALICE), sessionId: "of somebody else" };
  const tls = { ca: rig.simulator.certificatePem };
  const failure = await connectVoice({ credentials, workers: rig.workers, tls }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "VOICE_SESSION_LOST", retryable: true, details: { closeCode: 4006 } });
  expect(rig.workers.running).toBe(0);
});

test("without a wait for moves, 4014 ends the connection at once", async () => {
  await using rig = await openRig();
  const tls = { ca: rig.simulator.certificatePem };
  const connection = await connectVoice({ credentials: rig.allocate(ALICE), workers: rig.workers, tls, moveWaitMs: 0 });
  rig.simulator.kick(GUILD, ALICE);
  expect(await connection.closed).toMatchObject({ code: "VOICE_KICKED", closeCode: 4014 });
});

test(
  "UDP discovery and cipher failures have codes of their own, and latency is measured and visible",
  { timeout: 300_000 },
  async () => {
    // A session ends after three intervals without a heartbeat, so a machine may be held up for 3 s.
    await using rig = await openRig({ heartbeatIntervalMs: 1_000 });
    const connection = await rig.connect(ALICE);
    const latencies = () => {
      const { gatewayLatencyMs, udpLatencyMs } = connection.getStats();
      return [gatewayLatencyMs, udpLatencyMs];
    };
    await expect.poll(latencies, { timeout: 60_000 }).toEqual([expect.any(Number), expect.any(Number)]);
    expect(latencies().every((latencyMs) => (latencyMs ?? 0) > 0)).toBe(true);
    const metrics = renderVoiceMetrics([{ labels: {}, stats: connection.getStats() }]);
    expect(metrics).toMatch(/^antiphon_voice_gateway_latency_seconds \d/m);
    expect(metrics).toMatch(/^antiphon_voice_udp_latency_seconds \d/m);

    await using deaf = await openRig();
    deaf.simulator.setFaults({ discoveryLossRatio: 1 });
    await expect(deaf.connect(BOB)).rejects.toMatchObject({ code: "VOICE_DISCOVERY_FAILED", retryable: false });
    await using strange = await openRig({ modes: [] });
    await expect(strange.connect(ALICE)).rejects.toMatchObject({ code: "VOICE_ENCRYPTION_UNSUPPORTED" });
  },
);

test("says what the network or TLS said when the voice server cannot be reached", async () => {
  await using rig = await openRig();
  const credentials = rig.allocate(ALICE);
  const untrusted = await connectVoice({ credentials, workers: rig.workers }).catch((error: unknown) => error);
  expect(untrusted).toMatchObject({
    code: "VOICE_SESSION_LOST",
    message: expect.stringMatching(/cannot be reached: .*certificate/),
    details: { problem: expect.stringContaining("certificate") },
  });
});
