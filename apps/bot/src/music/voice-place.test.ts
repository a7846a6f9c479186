import { createClient } from "@antiphon/core";
import type { GuildId, RestTransport, UserId } from "@antiphon/protocol/discord";
import { AntiphonError } from "@antiphon/std";
import { expect, test } from "vitest";
import { memberChannel } from "./voice-place.ts";

const guildId = "1" as GuildId;
const userId = "2" as UserId;

/** Asks about a member whom the cache does not know, of a Discord that answers so. */
async function askOf(answer: () => unknown) {
  const paths: string[] = [];
  const rest: RestTransport = {
    async request<Result>(_method: string, path: string) {
      paths.push(path);
      return answer() as Result;
    },
  };
  await using client = createClient({ intents: ["guildVoiceStates"], token: "token", rest });
  const outcome = await memberChannel(client, guildId, userId).catch((error: unknown) => error);
  expect(paths).toEqual(["/guilds/1/voice-states/2"]);
  return outcome;
}

const failWith = (error: unknown) => () => {
  throw error;
};

test("Discord is asked for a member whom the cache does not know", async () => {
  expect(await askOf(() => ({ channel_id: "3" }))).toBe("3");
});

test("somebody who is in no channel is told to join one", async () => {
  const unknownVoiceState = new AntiphonError("REST_HTTP_ERROR", "404", { details: { status: 404 } });
  expect(await askOf(failWith(unknownVoiceState))).toMatchObject({ code: "BOT_NOT_IN_VOICE" });
  expect(await askOf(() => ({ channel_id: null }))).toMatchObject({ code: "BOT_NOT_IN_VOICE" });
});

test.each([
  new AntiphonError("REST_HTTP_ERROR", "403: Missing Access", { details: { status: 403 } }),
  new AntiphonError("REST_NETWORK_FAILED", "the connection failed", { retryable: true }),
  new TypeError("a mistake of ours"),
])("what else fails says nothing about the member: $message", async (error) => {
  expect(await askOf(failWith(error))).toBe(error);
});
