// One scenario in a process of its own; prints its figures as JSON.
import type { Library } from "./clients.ts";
import { playFloor, updateFloor } from "./floors.ts";
import { failover, heapPerPlayer, playRoundTrip, restart, updateCpu } from "./scenarios.ts";

const [scenario, library, ...numbers] = process.argv.slice(2) as [string, Library, ...string[]];
const [first = 0, second = 0, third = 0] = numbers.map(Number);
const scenarios: Readonly<Record<string, () => Promise<unknown>>> = {
  play: () => playRoundTrip(library, first),
  updates: () => updateCpu(library, first, second, third),
  playFloor: () => playFloor(first),
  updateFloor: () => updateFloor(first, second),
  failover: () => failover(library, first, second, third),
  heap: () => heapPerPlayer(library, first),
  restart: () => restart(first),
};
process.stdout.write(JSON.stringify(await scenarios[scenario]?.()));
process.exit();
