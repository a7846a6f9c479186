import { createClient } from "@antiphon/core";
import { fromDiscordJs } from "@antiphon/discordjs";
import { Client } from "discord.js";
import { afterEach } from "vitest";
import { describeClient } from "../../core/test/client.contract.ts";
import { resolveIntents } from "@antiphon/core";

const opened: Client[] = [];
// The core client leaves what was passed to it open.
afterEach(() => Promise.all(opened.splice(0).map((client) => client.destroy())));

describeClient("core on discord.js", ({ apiUrl, token, intents, options }) => {
  const client = new Client({ intents: resolveIntents(intents), rest: { api: apiUrl } });
  opened.push(client);
  return createClient({ ...options, ...fromDiscordJs(client, { token }), intents });
});
