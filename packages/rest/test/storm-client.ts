import type { LimitVerdict, SharedLimiter } from "@antiphon/protocol/discord";
import { createRest } from "../src/index.ts";

// A process that sends its share of a storm, and asks the process that started it before each request.
const [token = "", api = "", channels = "", count = "0"] = process.argv.slice(2);

/** Either the verdict on a claim, or the word to begin. */
type FromParent = { readonly id: number; readonly verdict: LimitVerdict } | "begin";
const verdicts = new Map<number, (verdict: LimitVerdict) => void>();
const begin = Promise.withResolvers<void>();
process.on("message", (message: FromParent) => {
  if (message === "begin") return begin.resolve();
  verdicts.get(message.id)?.(message.verdict);
  verdicts.delete(message.id);
});
let nextId = 0;
const sharedLimiter: SharedLimiter = {
  claim: (key, claim) =>
    new Promise((resolve) => {
      const id = nextId++;
      verdicts.set(id, resolve);
      process.send?.({ id, key, claim });
    }),
};

process.send?.("ready");
await begin.promise;
const rest = createRest({ token, api, sharedLimiter });
const channelIds = channels.split(",");
const sends = Array.from({ length: Number(count) }, (_, index) =>
  rest.request("POST", `/channels/${channelIds[index % channelIds.length]}/messages`, {
    body: { content: `${index}` },
  }),
);
await Promise.all(sends);
const { rateLimited, failures } = rest.getStats();
await rest.close();
process.send?.({ rateLimited, failures, claims: nextId });
process.disconnect();
