import { createClient } from "@antiphon/core";
import { describeClient } from "./client.contract.ts";

for (const compression of ["zlib-stream", "zstd-stream", "none"] as const) {
  describeClient(`core on its own gateway (${compression})`, ({ apiUrl, token, intents, options }) =>
    createClient({ ...options, token, intents, api: apiUrl, compression }),
  );
}
