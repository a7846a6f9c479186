import { createVoiceRecorder } from "@antiphon/sim/voice";
import { waitFor } from "@antiphon/std";
import type { VoiceConnection } from "@antiphon/voice";
import { expect, test } from "vitest";
import { joinWithDiscordJs } from "./discordjs-peer.ts";
import { opusFrames, spoken } from "./opus-frames.ts";
import { CHANNEL, GUILD, openRig, takeSpoken, untilEncrypted } from "./voice-rig.ts";

const OURS = "300000000000000001";
const THEIRS = "300000000000000002";

/** Resolves when a version of DAVE is in force; version 1 with a group. */
async function untilVersion(connection: VoiceConnection, version: 0 | 1): Promise<void> {
  const { daveProtocolVersion, daveEpoch } = connection.getStats();
  if (daveProtocolVersion === version && (version === 0 || daveEpoch !== null)) return;
  await waitFor(connection, "encryptionChange", {
    filter: ({ encryption }) =>
      encryption.daveProtocolVersion === version && (version === 0 || encryption.daveEpoch !== null),
  });
}

test(
  "a call that is moved to version 0 and back goes on bit-exactly, with @discordjs/voice in it",
  { timeout: 180_000 },
  async () => {
    await using rig = await openRig();
    using recorder = createVoiceRecorder(rig.simulator);
    const ours = await rig.connect(OURS);
    await using theirs = await joinWithDiscordJs(rig, THEIRS);
    await untilEncrypted(ours);
    // Either may be an epoch behind when the other is looked at.
    const areOneGroup = () => Boolean(theirs.privacyCode) && theirs.privacyCode === ours.getStats().privacyCode;
    await expect.poll(areOneGroup, { timeout: 60_000 }).toBe(true);

    const talk = async (seed: number) => {
      recorder.clear();
      const frames = opusFrames(30, seed);
      const heard = takeSpoken(ours.receive(THEIRS), frames.length);
      theirs.play(frames);
      expect(spoken(await heard)).toEqual(spoken(frames));
      return frames;
    };
    await talk(1);
    expect(() => recorder.opus(THEIRS)).toThrow("end-to-end encrypted");

    const down = untilVersion(ours, 0);
    rig.simulator.setDaveProtocolVersion(GUILD, CHANNEL, 0);
    await down;
    // What is recorded below the transport encryption is what was said.
    const inClear = await talk(2);
    expect(spoken(recorder.opus(THEIRS))).toEqual(spoken(inClear));
    expect(recorder.gapsMs(THEIRS).length).toBeGreaterThanOrEqual(29);

    const up = untilVersion(ours, 1);
    rig.simulator.setDaveProtocolVersion(GUILD, CHANNEL, 1);
    await up;
    await expect.poll(areOneGroup, { timeout: 60_000 }).toBe(true);
    await talk(3);
    expect(recorder.packets(THEIRS).some(({ endToEndEncrypted }) => endToEndEncrypted)).toBe(true);
    expect(() => rig.simulator.setDaveProtocolVersion(GUILD, "1", 0)).toThrow(RangeError);
  },
);
