import type { CreateInflater, InflaterHandlers, TransportCompression } from "./inflater.ts";
import { createSerialInflater } from "./serial-inflater.ts";
import { createSynchronousInflater } from "./synchronous-inflater.ts";

const probes: Readonly<Record<TransportCompression, Buffer>> = {
  // "ok", compressed and flushed.
  "zlib-stream": Buffer.from("789ccacf06000000ffff", "hex"),
  "zstd-stream": Buffer.from("28b52ffd00581000006f6b", "hex"),
};

/**
 * Chooses how to inflate on this version of Node: synchronously when a probe message comes out right, otherwise by the stream.
 */
export function chooseInflater(compression: TransportCompression): CreateInflater {
  let answer = "";
  const handlers: InflaterHandlers = {
    onMessage: (message) => {
      answer += message.toString();
    },
    onError: () => {
      answer = "failed";
    },
  };
  try {
    const inflater = createSynchronousInflater(compression, handlers);
    inflater.push(probes[compression]);
    inflater.close();
  } catch {
    // Node changed its internals: that is what the fallback is for.
  }
  return answer === "ok" ? createSynchronousInflater : createSerialInflater;
}
