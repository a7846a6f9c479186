import { createManualClock, silentLogger } from "@antiphon/std";
import { expect, test } from "vitest";
import { createMemoryBus, BridgeError, type BusTransport } from "../index.ts";
import { readStored } from "./stored-dispatches.ts";

/** A bus that says what the stream has of a lane once it has failed this often. */
function createFailingBus(failures: readonly Error[]) {
  const left = [...failures];
  const newest: BusTransport["newest"] = async (pattern) => {
    const failure = left.shift();
    if (failure !== undefined) throw failure;
    return { ...message, subject: pattern };
  };
  return { ...createMemoryBus(), newest };
}

const message = { data: new Uint8Array(), headers: {}, id: "s:3-7", attempt: 1, sequence: 9, publishedAtMs: 0 };

function read(bus: BusTransport, signal = new AbortController().signal) {
  const clock = createManualClock();
  const warned: string[] = [];
  const logger = { ...silentLogger, warn: (text: string) => void warned.push(text) };
  const where = { bus, applicationId: "42", shardId: 0, generation: 0, laneCount: 1, sessionId: "s" };
  return { stored: readStored({ ...where, clock, logger, signal }), clock, warned };
}

test("asks a stream that does not answer again, and says so once", async () => {
  const away = new BridgeError("BRIDGE_NO_RESPONDER", "No leader.", { retryable: true });
  const { stored, clock, warned } = read(createFailingBus([new Error("timeout"), away, away]));
  await clock.advance(250);
  await clock.advance(250);
  await clock.advance(250);
  expect(await stored).toEqual(new Map([[0, 7]]));
  expect(warned).toHaveLength(1);
});

test("does not ask again what would not be answered otherwise, or when it is no longer wanted", async () => {
  const { stored, warned } = read(createFailingBus([new BridgeError("BRIDGE_CLOSED", "The bus is closed.")]));
  await expect(stored).rejects.toMatchObject({ code: "BRIDGE_CLOSED" });
  expect(warned).toEqual([]);
  const unwanted = AbortSignal.abort(new Error("The lease is lost."));
  await expect(read(createFailingBus([new Error("timeout")]), unwanted).stored).rejects.toThrow("The lease is lost.");
});
