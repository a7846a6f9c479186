import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { NodeAnswer, NodeOrder } from "./node-process.ts";

/** A simulated node in another process. */
export interface NodeHandle {
  readonly port: number;
  order(order: NodeOrder): Promise<NodeAnswer>;
  close(): void;
}

/** Starts a {@link NodeHandle}. */
export async function startNodeProcess(): Promise<NodeHandle> {
  const file = fileURLToPath(new URL("node-process.ts", import.meta.url));
  const execArgv = ["--conditions=@antiphon/source", "--disable-warning=ExperimentalWarning"];
  const child = fork(file, { execArgv, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [{ port }] = (await once(child, "message")) as [{ readonly port: number }];
  return {
    port,
    async order(order) {
      child.send(order);
      const [answer] = (await once(child, "message")) as [NodeAnswer];
      return answer;
    },
    close: () => void child.kill(),
  };
}
