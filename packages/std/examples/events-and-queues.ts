// A jukebox in forty lines: typed events that one listener cannot spoil, a queue that says what it dropped, one guild's work in
// order while other guilds go on, and a password that no log line shows.
// Here: `npx node --conditions=@antiphon/source packages/std/examples/events-and-queues.ts`; in a project of your own: `node events-and-queues.ts`.
import { createBoundedQueue, createEmitter, createKeyedMutex, createSecret, waitFor } from "@antiphon/std";

type JukeboxEvent =
  | { readonly type: "trackStart"; readonly guildId: string; readonly title: string }
  | { readonly type: "queueEmpty"; readonly guildId: string };

const emitter = createEmitter<JukeboxEvent>({
  // Without this it would be a warning of the process; either way the emitter and the other listeners go on.
  onListenerError: (error, type) => console.log(`a listener of ${type} failed: ${String(error)}`),
});
emitter.on("trackStart", () => {
  throw new Error("the lamp is broken");
});
emitter.on("trackStart", ({ guildId, title }) => console.log(`${guildId}: now ${title}`));

// A stream gets every event, in order, in the reader's own time; it is bounded, so a slow reader costs no memory.
const history: string[] = [];
const reading = (async () => {
  for await (const event of emitter.events({ limit: 100 })) history.push(event.type);
})();

// Three places, four wishes: the oldest gives way, and is counted.
const wishes = createBoundedQueue<string>({
  limit: 3,
  onDrop: (title) => console.log(`no room any more for ${title}`),
});
for (const title of ["Harbour", "Glass", "Tidewater", "First Light"]) wishes.push(title);
wishes.close(); // what is in it can still be taken

// One guild's tracks follow one another, two guilds' do not wait for each other.
const mutex = createKeyedMutex<string>();
const play = (guildId: string, title: string) =>
  mutex.run(guildId, async () => {
    emitter.emit({ type: "trackStart", guildId, title });
    await new Promise((resolve) => setImmediate(resolve)); // a track of no length
  });

const empty = waitFor(emitter, "queueEmpty", {
  filter: ({ guildId }) => guildId === "choir",
  signal: AbortSignal.timeout(30_000),
});
const played: Promise<void>[] = [play("chapel", "Evensong")];
for await (const title of wishes) played.push(play("choir", title));
await Promise.all(played);
emitter.emit({ type: "queueEmpty", guildId: "choir" });
console.log(`${(await empty).guildId} has heard everything; ${wishes.dropped} wish was dropped`);

emitter.close();
await reading;
console.log(`the stream saw ${history.join(", ")}`);

const password = createSecret("youshallnotpass");
console.log(`logged as ${JSON.stringify({ password })}, and still ${password.reveal().length} characters long`);
