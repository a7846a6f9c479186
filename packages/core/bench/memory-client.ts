import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createCache } from "../src/cache/cache.ts";
import { createGuilds } from "./world.ts";

// Fills the cache with a large world in a process of its own and prints what it takes: `{"mebibytes","members"}`.
const [storage = "default", guilds = "500"] = process.argv.slice(2);
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const used = () => {
  // What lies outside of the heap is only freed by a later turn.
  for (let turn = 0; turn < 4; turn++) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const all = { channels: "packed", roles: "packed", members: "packed", users: "packed", messages: "packed" } as const;
const fill = (cache: ReturnType<typeof createCache>, count: number) => {
  const size = { guilds: count, membersPerGuild: 200, channelsPerGuild: 30, rolesPerGuild: 25 };
  for (const text of createGuilds(size)) cache.apply("GUILD_CREATE", JSON.parse(text));
};
// What the code itself needs is there after a first world, which is dropped.
fill(createCache(), 5);
const before = used();
const cache = createCache(storage === "packed" ? { storage: all } : {});
fill(cache, Number(guilds));
const after = used();
const { kinds, sizeBytes } = cache.stats();
console.log(
  JSON.stringify({
    mebibytes: (after - before) / 1024 / 1024,
    estimateMebibytes: sizeBytes / 1024 / 1024,
    members: kinds.members.items,
    channels: kinds.channels.items,
    roles: kinds.roles.items,
  }),
);
