import { peekDispatchHeader } from "@antiphon/protocol/discord";
import { chooseInflater } from "../choose-inflater.ts";
import { openGatewaySocket } from "../open-gateway-socket.ts";
import type { Inflater } from "../inflater.ts";
import { createSerialInflater } from "../serial-inflater.ts";
import { createMessageBatch } from "./message-batch.ts";
import type { WorkerCommand, WorkerReport } from "./worker-message.ts";

/** A socket in a worker thread: it inflates, leaves out what nobody wants, and hands the rest on in batches. */
export interface WorkerSocket {
  handle(command: Exclude<WorkerCommand, { type: "open" | "wanted" }>): void;
}

/** What a socket may have handed on that was not taken yet; with more it stops to read. */
const UNTAKEN_LIMIT_BYTES = 16 * 1024 * 1024;
/** A batch that is larger is handed on at once. */
const BATCH_BYTES = 1024 * 1024;

/** Opens a {@link WorkerSocket}. */
export function openWorkerSocket(
  { socketId, url, compression, streamInflate }: Extract<WorkerCommand, { type: "open" }>,
  isWanted: (name: string) => boolean,
  report: (report: WorkerReport, transfer?: readonly ArrayBuffer[]) => void,
): WorkerSocket {
  const batch = createMessageBatch();
  let receivedBytes = 0;
  let untakenBytes = 0;
  let turn: NodeJS.Immediate | undefined;

  const flush = () => {
    clearImmediate(turn);
    turn = undefined;
    const { items, bytes } = batch.take();
    if (items.length === 0) return;
    untakenBytes += bytes.byteLength;
    if (untakenBytes > UNTAKEN_LIMIT_BYTES) socket.pause();
    report({ type: "batch", socketId, receivedBytes, items, bytes }, [bytes.buffer]);
    receivedBytes = 0;
  };
  const onMessage = (message: Buffer) => {
    const header = peekDispatchHeader(message);
    if (header !== undefined && !isWanted(header.type)) batch.skip(header);
    else batch.add(message);
    if (batch.sizeBytes > BATCH_BYTES) flush();
    else turn ??= setImmediate(flush);
  };
  let inflater: Inflater | undefined;
  if (compression !== "none") {
    const createInflater = streamInflate ? createSerialInflater : chooseInflater(compression);
    inflater = createInflater(compression, {
      onMessage,
      onError(error) {
        problem = error.message;
        socket.abort();
      },
    });
  }
  let problem: string | undefined;
  const socket = openGatewaySocket(url, {
    onMessage(data) {
      receivedBytes += data.length;
      if (inflater === undefined) onMessage(data);
      else inflater.push(data);
    },
    onClosed(code, reason) {
      flush();
      inflater?.close();
      report({ type: "closed", socketId, code, problem: problem ?? reason });
    },
  });
  return {
    handle(command) {
      if (command.type === "send") socket.send(command.text);
      else if (command.type === "close") socket.close(command.code);
      else if (command.type === "abort") socket.abort();
      else {
        untakenBytes -= command.sizeBytes;
        if (untakenBytes <= UNTAKEN_LIMIT_BYTES) socket.resume();
      }
    },
  };
}
