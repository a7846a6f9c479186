import { parentPort } from "node:worker_threads";
import { createAudioClock } from "./audio-clock.ts";
import { createVoiceRoom, type VoiceRoom } from "./voice-room.ts";
import { sodiumReady } from "./sodium-cipher.ts";
import type { RoomCommand, WorkerCommand, WorkerReport } from "./worker-message.ts";

const port = parentPort;
if (port === null)
  throw new Error("@antiphon/voice/worker runs in a worker thread only; use createVoiceManager or connectVoice");

const clock = createAudioClock();
const rooms = new Map<number, VoiceRoom>();

function openRoom(connectionId: number, { memory, ca, moveWaitMs }: Extract<RoomCommand, { type: "open" }>): void {
  const room = createVoiceRoom({
    memory,
    ca,
    moveWaitMs,
    clock,
    report: (report) => {
      if (report.type === "ended") rooms.delete(connectionId);
      port?.postMessage({ connectionId, report } satisfies WorkerReport);
    },
  });
  rooms.set(connectionId, room);
}

function handle(message: WorkerCommand): void {
  // Without the port nothing keeps the thread: it ends by itself when the last socket is closed.
  if (message.type === "end") return port?.close();
  const { connectionId, command } = message;
  if (command.type === "open") return openRoom(connectionId, command);
  const room = rooms.get(connectionId);
  if (command.type === "wake") room?.wake();
  else if (command.type === "reannounce") room?.reannounce();
  else room?.input(command);
}

// Messages wait in the port until somebody listens.
await sodiumReady;
port.on("message", handle);
