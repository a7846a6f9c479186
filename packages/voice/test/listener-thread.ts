import { parentPort } from "node:worker_threads";
import type { VoiceCredentials } from "@antiphon/voice";
import { openRig, takeSpoken } from "./voice-rig.ts";

/** What the thread is asked. */
export type ListenerQuestion =
  | { readonly kind: "allocate"; readonly userId: string }
  | { readonly kind: "heard"; readonly count: number }
  | { readonly kind: "close" };

/** What it answers. */
export type ListenerAnswer =
  | { readonly kind: "allocate"; readonly credentials: VoiceCredentials; readonly ca: string }
  | { readonly kind: "heard"; readonly frames: readonly { readonly opus: Uint8Array; readonly timestamp: number }[] }
  | { readonly kind: "close" };

const rig = await openRig();
const member = await rig.connect("300000000000000009");
const stream = member.receive(undefined, { limit: 10_000 });

async function answer(question: ListenerQuestion): Promise<ListenerAnswer> {
  switch (question.kind) {
    case "allocate":
      return { kind: "allocate", credentials: rig.allocate(question.userId), ca: rig.simulator.certificatePem };
    case "heard":
      return { kind: "heard", frames: await takeSpoken(stream, question.count) };
    case "close":
      await rig[Symbol.asyncDispose]();
      return { kind: "close" };
  }
}

async function handle(question: ListenerQuestion): Promise<void> {
  parentPort?.postMessage(await answer(question));
  if (question.kind === "close") parentPort?.close();
}

parentPort?.on("message", (question: ListenerQuestion) => void handle(question));
