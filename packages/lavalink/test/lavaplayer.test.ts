import { describeWith, startLavaplayer } from "@antiphon/services";
import { expect, test } from "vitest";
import { eventually, openWorld, trackOf } from "./world.ts";

describeWith("lavaplayer", "playing beside lavaplayer", () => {
  test("tracks that are played over each other start and end on the simulated node as they do there", async () => {
    await using lavaplayer = startLavaplayer();
    const { lavalink, join, events } = await openWorld();
    const player = await join();
    const tracks = [];
    for (const name of ["morning", "harbour", "rain"]) tracks.push(trackOf(await lavalink.load(name)));
    for (const track of tracks) await player.play(track);
    await player.stop();
    const told = () =>
      events.flatMap((event) => {
        if (event.type === "trackStart") return [["start", event.track.info.title]];
        return event.type === "trackEnd" ? [[event.reason, event.track.info.title]] : [];
      });
    await eventually(() => told().length === 6);
    expect(told()).toEqual(await lavaplayer.playOver(tracks.map((track) => track.encoded)));
  });
});
