import { openDiskLevel } from "@antiphon/patterns/cache";

// A process of its own that fills a disk level until it is killed, and says after each write which one is done. More than this is
// never read before it is killed; without an end it would fill the disk while its reader is kept from running.
const LIMIT = 1_000;
const [, , path = "", seed = "0"] = process.argv;
const level = await openDiskLevel({ path, maxEntries: 100_000 });
for (let index = 0; index < LIMIT; index++) {
  const key = `${seed}:${index}`;
  const value = { key, filling: "x".repeat((index * 7919) % 20_000) };
  const facts = { freshUntilMs: Infinity, expiresAtMs: Infinity, tags: [`tag:${index % 10}`], isNegative: false };
  await level.set(key, { ...facts, value });
  process.stdout.write(`${key}\n`);
}
// Waits to be killed, but not for ever.
setTimeout(() => {}, 60_000);
