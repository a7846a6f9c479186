// The skeleton of a bot: a checked configuration, services that are built by a container and started in order, a bus between them,
// a scope for each request, and an end that stops everything in reverse, even what does not want to stop.
// Here: `npx node --conditions=@antiphon/source packages/patterns/examples/skeleton-of-a-bot.ts`; in a project of your own:
// `node skeleton-of-a-bot.ts`.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openConfig } from "@antiphon/patterns/config";
import { createApplicationContext, currentContext, requiresContext } from "@antiphon/patterns/context";
import { createContainer, token } from "@antiphon/patterns/di";
import { createEventBus } from "@antiphon/patterns/events";
import { describeError } from "@antiphon/std";
import { z } from "zod";

// Files, then variables, then overrides: what is nearest to the operator wins, and the result is checked as a whole.
const folder = await mkdtemp(join(tmpdir(), "skeleton-"));
await writeFile(join(folder, "base.json"), JSON.stringify({ volumePercent: 80, library: { folder: "/music" } }));
const schema = z.object({
  volumePercent: z.int().min(0).max(200).default(100),
  library: z.object({ folder: z.string(), limit: z.number().default(500) }),
});
using config = await openConfig({
  schema,
  baseFile: join(folder, "base.json"),
  variables: { prefix: "BOT_" },
  environmentVariables: { BOT_LIBRARY__LIMIT: "50" },
});
console.log(`library: ${config.get("library.folder")}, at most ${config.get("library.limit")} tracks`);

// A configuration that makes no sense names every key, where it came from, and what is wrong with it.
await openConfig({
  schema,
  baseFile: join(folder, "base.json"),
  environmentVariables: {},
  overrides: { volumePercent: 999 },
}).catch((error: unknown) => console.log(describeError(error)));

type BusEvents = { "track.start": { readonly title: string }; "track.end": { readonly title: string } };
const bus = createEventBus<BusEvents>({ historyLimit: 10 });

class Library {
  readonly limit: number;
  constructor(limit: number) {
    this.limit = limit;
  }
  find(words: string): string {
    return `${words} (one of ${this.limit})`;
  }
  close(): void {
    console.log("the library is closed");
  }
}

// Tokens carry types; what a service needs is named once, and a missing or circular need is found before anything is built.
const Limit = token<number>("limit");
const LibraryToken = token<Library>("library");
const Request = token<{ readonly number: number }>("request");
let requests = 0;
await using container = createContainer()
  .register(Limit, { useValue: config.get("library.limit") })
  .register(LibraryToken, { useClass: Library, inject: [Limit] })
  .register(Request, { useFactory: () => ({ number: ++requests }), lifetime: "scoped" });
container.verify();

const play = requiresContext(async (words: string): Promise<void> => {
  await using scope = container.createChild(); // scoped services live as long as the request
  const title = scope.get(LibraryToken).find(words);
  console.log(`request ${scope.get(Request).number} of ${currentContext().getCurrentUserId()}: ${title}`);
  await bus.publish("track.start", { title });
});

const context = createApplicationContext<{ bus: typeof bus; announcer: Disposable }>({ stopTimeoutMs: 50 });
context.on("serviceStop", ({ name }) => console.log(`stopped ${name}`));
context.on("serviceStopFailed", ({ name, error }) =>
  console.log(`${name} did not stop in time: ${describeError(error)}`),
);
context.registerService("bus", bus);
context.registerService(
  "announcer",
  bus.subscribe("track.*", ({ title }, { topic }) => console.log(`${topic}: ${title}`)),
  {
    dependsOn: ["bus"],
    stop: () => new Promise(() => {}), // hangs, and costs no more than its 50 ms
  },
);
await context.initialize();

await context.run(() => play("harbour lights"), { userId: "ada" });
await context.run(() => play("tidewater"), { userId: "bea" });
await play("glass").catch((error: unknown) => console.log(describeError(error))); // outside of any context

await context.close().catch((error: unknown) => console.log(describeError(error)));
await rm(folder, { recursive: true });
