import { get } from "node:http";

/** What a client process prints. */
export interface BurstFigures {
  /** CPU time of an event, of all threads and of the main thread alone. */
  readonly cpuMicroseconds: number;
  readonly mainMicroseconds: number;
  readonly rssMebibytes: number;
}

/** One client's burst, in a process of its own. */
export interface Burst {
  /** The client is ready: asks for the burst. */
  start(): void;
  /** A message has come; its id must be greater than that of the one before. */
  message(id: string): void;
  /** So many have come of which nothing else is known. */
  count(received: number): void;
}

/** Builds a {@link Burst}; once all messages have come it prints its {@link BurstFigures} and ends the process. */
export function measureBurst(url: string, expected: number): Burst {
  let received = 0;
  let lastId = "";
  let before = process.cpuUsage();
  let mainBefore = process.threadCpuUsage();
  const finish = () => {
    const { user, system } = process.cpuUsage(before);
    const main = process.threadCpuUsage(mainBefore);
    const figures: BurstFigures = {
      cpuMicroseconds: (user + system) / expected,
      mainMicroseconds: (main.user + main.system) / expected,
      rssMebibytes: process.memoryUsage.rss() / 1024 / 1024,
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));
  };
  return {
    start() {
      get(`${url}/burst`, (response) => {
        response.resume();
        before = process.cpuUsage();
        mainBefore = process.threadCpuUsage();
      });
    },
    message(id) {
      if (id <= lastId) throw new Error(`message ${id} came after ${lastId}`);
      lastId = id;
      if (++received === expected) finish();
    },
    count(total) {
      if (total >= expected) finish();
    },
  };
}
