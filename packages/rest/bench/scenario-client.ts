import { REST } from "@discordjs/rest";
import { createRest } from "../src/index.ts";

// Runs one scenario with one library in a process of its own, and prints how long it took, how many requests failed and how many buckets are left.
const [origin = "", library = "", scenario = "", count = "0"] = process.argv.slice(2);
const rest = createRest({ token: "token", api: `${origin}/api` });
const rival = new REST({ api: `${origin}/api`, version: "10" }).setToken("token");
const id = (index: number) => String(1_300_000_000_000_000_000n + BigInt(index));

const paths: Readonly<Record<string, (index: number) => string>> = {
  storm: (index) => `/channels/${id(index % 60)}/messages`,
  sends: () => `/channels/${id(0)}/messages`,
  faults: (index) => `/channels/${id(index % 100)}/messages`,
  lasting: (index) => `/channels/${id(index)}/messages`,
  callbacks: (index) => `/interactions/${id(index)}/token${index}/callback`,
  followUps: (index) => `/webhooks/${id(0)}/token${index}`,
};
const isOpen = scenario === "callbacks" || scenario === "followUps";

const post = (path: string, index: number, authenticate: boolean): Promise<unknown> => {
  const body = { content: `message ${index}` };
  if (library === "rival") return rival.post(path as `/${string}`, { body, auth: authenticate });
  return rest.request("POST", path, { body, authenticate });
};
const send = (index: number) => post((paths[scenario] as (index: number) => string)(index), index, !isOpen);

// Code and connections are warm, for either library, and the server does not count these.
const WARM_ROUNDS = 5;
for (let round = 0; round < WARM_ROUNDS; round++)
  await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      post(`/interactions/${id(round * 200 + index)}/warm/callback`, index, false),
    ),
  );
const startedMs = performance.now();

const results = await Promise.allSettled(Array.from({ length: Number(count) }, (_, index) => send(index)));
const elapsedMs = performance.now() - startedMs;
const failures = results.filter(({ status }) => status === "rejected").length;
const buckets = library === "rival" ? rival.handlers.size : rest.getStats().buckets;
console.log(JSON.stringify({ failures, buckets, elapsedMs }));
process.exit(0);
