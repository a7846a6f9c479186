import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ArrivalAnswer, ArrivalQuestion } from "./arrival-server-process.ts";

/** A voice server in a process of its own, which notes when packets arrive; it ends with this process. */
export interface ArrivalServer {
  ask<Kind extends ArrivalQuestion["kind"]>(
    question: ArrivalQuestion & { readonly kind: Kind },
  ): Promise<Extract<ArrivalAnswer, { readonly kind: Kind }>>;
}

/** Starts the process. */
export function startArrivalServer(): ArrivalServer {
  const file = fileURLToPath(new URL("arrival-server-process.ts", import.meta.url));
  const flags = ["--conditions=@antiphon/source", "--disable-warning=ExperimentalWarning"];
  const child = fork(file, { execArgv: flags, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const gone = new AbortController();
  child.once("exit", (code) => gone.abort(new Error(`the voice server's process ended with ${String(code)}`)));
  // It must not keep this process from ending, save while an answer is awaited.
  child.unref();
  child.channel?.unref();
  return {
    async ask(question) {
      child.channel?.ref();
      child.send(question);
      const [answer] = (await once(child, "message", { signal: gone.signal })) as [never];
      child.channel?.unref();
      return answer;
    },
  };
}
