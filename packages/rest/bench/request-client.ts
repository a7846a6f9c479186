import { REST } from "@discordjs/rest";
import { Pool } from "undici";
import { createRest } from "../src/index.ts";

// Sends POSTs over 100 channels in a process of its own and prints the CPU microseconds of one.
const [origin = "", mode = "", count = "0"] = process.argv.slice(2);
const rest = createRest({ token: "token", api: `${origin}/api`, globalRequestsPerSecond: 1_000_000 });
const discordjs = new REST({ api: `${origin}/api`, version: "10", globalRequestsPerSecond: 1_000_000 }).setToken(
  "token",
);
const pool = new Pool(origin, { connections: 64 });
const body = { content: "Hello, this is a message of ordinary length.", nonce: "1", enforce_nonce: true };

const send = async (index: number): Promise<unknown> => {
  const path = `/channels/${1_300_000_000_000_000_000n + BigInt(index % 100)}/messages`;
  if (mode === "rest") return rest.request("POST", path, { body });
  if (mode === "discordjs") return discordjs.post(path as `/${string}`, { body });
  const response = await pool.request({
    path: `/api/v10${path}`,
    method: "POST",
    headers: { authorization: "Bot token", "content-type": "application/json", "user-agent": "DiscordBot (bench, 1)" },
    body: JSON.stringify(body),
  });
  return response.body.json();
};
const sendAll = async (total: number) => {
  let next = 0;
  const lane = async () => {
    while (next < total) await send(next++);
  };
  await Promise.all(Array.from({ length: 64 }, lane));
};

const total = Number(count);
// So many that the code is compiled for what it does, for either library.
const WARM = 5_000;
await sendAll(WARM);
const before = process.cpuUsage();
await sendAll(total);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / total);
process.exit(0);
