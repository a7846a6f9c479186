import { connectVoice } from "@antiphon/voice";
import { expect, test } from "vitest";
import { GUILD, openRig } from "./voice-rig.ts";

const ALICE = "300000000000000001";

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
