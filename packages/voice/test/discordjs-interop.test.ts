import { expect, test } from "vitest";
import { joinWithDiscordJs } from "./discordjs-peer.ts";
import { opusFrames, sourceOf, spoken } from "./opus-frames.ts";
import { openRig, takeSpoken, untilEncrypted } from "./voice-rig.ts";

const OURS = "300000000000000001";
const THEIRS = "300000000000000002";

test.each([{ daveProtocolVersion: 1 }, { daveProtocolVersion: 0 }] as const)(
  "hears and is heard by @discordjs/voice bit-exactly at DAVE version $daveProtocolVersion",
  { timeout: 180_000 },
  async (options) => {
    await using rig = await openRig(options);
    const ours = await rig.connect(OURS);
    await using theirs = await joinWithDiscordJs(rig, THEIRS);
    if (options.daveProtocolVersion === 1) {
      await untilEncrypted(ours);
      // Either may be an epoch behind when the other is looked at.
      const areOneGroup = () => Boolean(theirs.privacyCode) && theirs.privacyCode === ours.getStats().privacyCode;
      await expect.poll(areOneGroup).toBe(true);
    }
    // A lead-in, because @discordjs/voice drops what it hears before op 5 has told it whose SSRC that is.
    const known = theirs.knows(OURS);
    const leadIn = ours.play(sourceOf(opusFrames(1_000, 3)));
    await known;
    leadIn.stop();

    const fromUs = opusFrames(60, 1);
    const fromThem = opusFrames(60, 2);
    const heardByUs = takeSpoken(ours.receive(THEIRS), fromThem.length);
    const heardByThem = theirs.hear(OURS, fromUs.at(-1) ?? new Uint8Array());

    const playback = ours.play(sourceOf(fromUs));
    theirs.play(fromThem);

    expect(spoken(await heardByThem).slice(-fromUs.length)).toEqual(spoken(fromUs));
    expect(spoken(await heardByUs)).toEqual(spoken(fromThem));
    expect(await playback.ended).toBe("finished");
    expect(playback.positionMs).toBe(1_200);
    expect(ours.getStats()).toMatchObject({ ...options, packetsUndecryptable: 0, packetsLost: 0, underruns: 0 });
  },
);
