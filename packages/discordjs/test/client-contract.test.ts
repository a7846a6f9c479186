import { createClient } from "@antiphon/core";
import { fromDiscordJs } from "@antiphon/discordjs";
import { Client } from "discord.js";
import { describeClient } from "../../core/test/client.contract.ts";
import { resolveIntents } from "@antiphon/core";

describeClient("core on discord.js", ({ apiUrl, token, intents, options }) => {
  const client = new Client({ intents: resolveIntents(intents), rest: { api: apiUrl } });
  return createClient({ ...options, ...fromDiscordJs(client, { token }), intents });
});
