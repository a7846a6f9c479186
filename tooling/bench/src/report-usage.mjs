// Loaded before the program of a measured process: tells, on descriptor 3, what the process has used when it ends.
import { writeSync } from "node:fs";

const BYTES_PER_KIB = 1024;

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakRssBytes: maxRSS * BYTES_PER_KIB }));
});
