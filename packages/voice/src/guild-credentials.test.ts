import type { ChannelId, GuildId, UserId } from "@antiphon/protocol/discord";
import { expect, test } from "vitest";
import { createGuildCredentials } from "./guild-credentials.ts";

const userId = "3" as UserId;
const guildId = "1" as GuildId;
const state = { guildId, userId, channelId: "2" as ChannelId, sessionId: "s" };
const server = { guildId, token: "t", endpoint: "voice.example" };
const whole = { guildId, userId, channelId: "2", sessionId: "s", token: "t", endpoint: "voice.example" };

test("completes a first join in either order", async () => {
  const stateFirst = createGuildCredentials(userId);
  const next = stateFirst.next();
  stateFirst.onState(state);
  expect(stateFirst.onServer(server)).toEqual(whole);
  expect(await next).toEqual(whole);

  const serverFirst = createGuildCredentials(userId);
  const other = serverFirst.next();
  expect(serverFirst.onServer(server)).toBeNull();
  serverFirst.onState(state);
  expect(await other).toEqual(whole);
});

test("waits for an endpoint that is still being allocated, and takes a move's state before its server", () => {
  const credentials = createGuildCredentials(userId);
  credentials.onState(state);
  expect(credentials.onServer({ ...server, endpoint: null })).toBeNull();
  expect(credentials.onServer(server)).toEqual(whole);
  credentials.onState({ ...state, channelId: "22", sessionId: "s2" });
  expect(credentials.onServer({ ...server, token: "t2" })).toEqual({
    ...whole,
    channelId: "22",
    sessionId: "s2",
    token: "t2",
  });
});
