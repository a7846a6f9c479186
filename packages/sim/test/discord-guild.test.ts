import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { createManualClock, type ManualClock } from "@antiphon/std";
import { GatewayIntentBits as Intent, PermissionFlagsBits as Permission } from "discord-api-types/v10";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createApiCall } from "./discord-api-call.ts";
import { identifyData, openRawClient, type RawClient } from "./discord-raw-client.ts";

let simulator: DiscordSimulator;
let clock: ManualClock;
let client: RawClient;
let call: ReturnType<typeof createApiCall>;
let bot: { token: string; applicationId: string; botUserId: string };
let ids: { guildId: string; channelId: string; userId: string };

const INTENTS = Intent.Guilds | Intent.GuildMembers | Intent.GuildModeration | Intent.GuildMessages;

/** Everything that moderation needs, but not everything there is. */
const MODERATOR =
  Permission.ViewChannel |
  Permission.SendMessages |
  Permission.ReadMessageHistory |
  Permission.ManageChannels |
  Permission.ManageRoles |
  Permission.ManageMessages |
  Permission.ManageGuild |
  Permission.KickMembers |
  Permission.BanMembers |
  Permission.PinMessages |
  Permission.SetVoiceChannelStatus;

beforeEach(async () => {
  clock = createManualClock();
  simulator = await startDiscordSimulator({ clock, rateLimits: { enforce: false } });
  const { world } = simulator;
  bot = world.addApplication({ name: "Jukebox" });
  const owner = world.addUser({ username: "owner" });
  const guild = world.addGuild({ name: "Antiphon", ownerId: owner.id });
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  const user = world.addUser({ username: "ada" });
  world.addMember(guild.id, user.id);
  world.addMember(guild.id, bot.botUserId, { permissions: MODERATOR });
  ids = { guildId: guild.id, channelId: channel.id, userId: user.id };
  call = createApiCall(simulator.apiUrl, bot.token);
  client = await openRawClient(simulator.gatewayUrl);
  client.send(2, identifyData(bot.token, INTENTS));
  await client.dispatch("GUILD_CREATE");
});

afterEach(async () => {
  client.cut();
  await simulator.close();
});

const say = (content: string) =>
  simulator.world.sendMessage({ channelId: ids.channelId, authorId: ids.userId, content });
const idOf = (answer: { readonly body: unknown }) => (answer.body as { readonly id: string }).id;
const refused = (status: number, code: number) => ({ status, body: { code } });

test("creates, changes and deletes channels, with overwrites and categories", async () => {
  const { guildId, userId } = ids;
  const category = idOf(await call("POST", `/guilds/${guildId}/channels`, { name: "Music", type: 4 }));
  const created = await call("POST", `/guilds/${guildId}/channels`, {
    name: "listen",
    type: 2,
    parent_id: category,
    bitrate: 96_000,
    permission_overwrites: [{ id: userId, type: 1, allow: "0", deny: String(Permission.SendMessages) }],
  });
  expect(created).toMatchObject({
    status: 201,
    body: { type: 2, parent_id: category, bitrate: 96_000, permission_overwrites: [{ id: userId, deny: "2048" }] },
  });
  const id = idOf(created);
  expect((await client.dispatch("CHANNEL_CREATE")).d).toMatchObject({ id: category, type: 4 });
  expect((await client.dispatch("CHANNEL_CREATE")).d).toMatchObject({ id, name: "listen" });
  expect((await call("PATCH", `/channels/${id}`, { name: "hear", user_limit: 5 })).body).toMatchObject({
    name: "hear",
    user_limit: 5,
    bitrate: 96_000,
  });
  expect((await client.dispatch("CHANNEL_UPDATE")).d).toMatchObject({ id, name: "hear" });
  expect(await call("DELETE", `/channels/${category}`)).toMatchObject({ status: 200, body: { id: category } });
  expect((await client.dispatch("CHANNEL_UPDATE")).d).toMatchObject({ id, parent_id: null });
  expect((await client.dispatch("CHANNEL_DELETE")).d).toMatchObject({ id: category });
  expect(await call("GET", `/channels/${category}`)).toMatchObject(refused(404, 10003));
});

test("overwrites count for everyone, then roles, then the member", async () => {
  const { guildId, channelId, userId } = ids;
  const { world } = simulator;
  const role = world.addRole(guildId, { name: "Listeners", permissions: 0n });
  world.setMemberRole({ guildId, userId: bot.botUserId, roleId: role.id });
  const send = async () => (await call("POST", `/channels/${channelId}/messages`, { content: "hi" })).status;
  world.setOverwrite(channelId, { id: guildId, deny: Permission.SendMessages });
  expect(await send()).toBe(403);
  world.setOverwrite(channelId, { id: role.id, allow: Permission.SendMessages });
  expect(await send()).toBe(200);
  world.setOverwrite(channelId, { id: bot.botUserId, deny: Permission.SendMessages });
  expect(await send()).toBe(403);
  const path = `/channels/${channelId}/permissions`;
  const overwrite = { type: 1, allow: String(Permission.SendMessages), deny: "0" };
  // What a bot may not do itself, it cannot allow anybody.
  expect(await call("PUT", `${path}/${userId}`, overwrite)).toMatchObject(refused(403, 50013));
  expect((await call("DELETE", `${path}/${bot.botUserId}`)).status).toBe(204);
  expect((await call("PUT", `${path}/${userId}`, overwrite)).status).toBe(204);
  expect(await call("DELETE", `${path}/1`)).toMatchObject(refused(404, 10009));
});

test("a channel that the bot cannot see is silent and closed to it", async () => {
  const { guildId, channelId } = ids;
  simulator.world.setOverwrite(channelId, { id: guildId, deny: Permission.ViewChannel });
  await client.dispatch("CHANNEL_UPDATE");
  for (const [method, path] of [
    ["GET", `/channels/${channelId}`],
    ["GET", `/channels/${channelId}/messages`],
    ["POST", `/channels/${channelId}/typing`],
  ] as const)
    expect(await call(method, path)).toMatchObject(refused(403, 50001));
  say("whispered");
  simulator.world.setOverwrite(channelId, { id: guildId });
  await client.dispatch("CHANNEL_UPDATE");
  const said = say("said");
  expect((await client.dispatch("MESSAGE_CREATE")).d).toMatchObject({ id: said.id });
});

test("without its permissions a bot is refused with 50013", async () => {
  const { guildId, channelId, userId } = ids;
  const message = say("hello");
  const [role] = simulator.world.members(guildId).find(({ user }) => user.id === bot.botUserId)?.roles ?? [];
  simulator.world.setRolePermissions(guildId, role ?? "", 0n);
  simulator.world.setRolePermissions(guildId, guildId, Permission.ViewChannel | Permission.SendMessages);
  for (const [method, path, body] of [
    ["POST", `/guilds/${guildId}/channels`, { name: "x" }],
    ["PATCH", `/channels/${channelId}`, { name: "x" }],
    ["DELETE", `/channels/${channelId}`],
    ["POST", `/guilds/${guildId}/roles`, { name: "x" }],
    ["DELETE", `/channels/${channelId}/messages/${message.id}`],
    ["POST", `/channels/${channelId}/messages/bulk-delete`, { messages: [message.id, "1"] }],
    ["PUT", `/channels/${channelId}/messages/pins/${message.id}`],
    ["PUT", `/channels/${channelId}/messages/${message.id}/reactions/x/@me`],
    ["GET", `/channels/${channelId}/messages/${message.id}`],
    ["POST", `/channels/${channelId}/messages`, { embeds: [{ title: "x" }] }],
    ["DELETE", `/guilds/${guildId}/members/${userId}`],
    ["PUT", `/guilds/${guildId}/bans/${userId}`, {}],
    ["GET", `/guilds/${guildId}/bans`],
  ] as const)
    expect(await call(method, path, body), `${method} ${path}`).toMatchObject(refused(403, 50013));
  expect((await call("GET", `/channels/${channelId}/messages`)).body).toEqual([]);
  expect(
    await call("POST", `/channels/${channelId}/messages`, {
      content: "x",
      message_reference: { message_id: message.id },
    }),
  ).toMatchObject(refused(403, 160002));
});

test("creates, changes, orders and deletes roles, and gives them to members", async () => {
  const { guildId, userId } = ids;
  const roles = `/guilds/${guildId}/roles`;
  const first = idOf(await call("POST", roles, { name: "DJ", color: 0x00ff00, permissions: "2048" }));
  expect((await client.dispatch("GUILD_ROLE_CREATE")).d).toMatchObject({ role: { name: "DJ", position: 1 } });
  const second = idOf(await call("POST", roles, { name: "Guest" }));
  expect((await call("PATCH", `${roles}/${first}`, { hoist: true })).body).toMatchObject({
    name: "DJ",
    hoist: true,
    color: 0x00ff00,
    permissions: "2048",
  });
  const order = async () =>
    ((await call("GET", roles)).body as { name: string; position: number }[])
      .toSorted((one, other) => one.position - other.position)
      .map(({ name }) => name);
  expect(await order()).toEqual(["@everyone", "Guest", "DJ", "Jukebox"]);
  expect((await call("PATCH", roles, [{ id: second, position: 2 }])).status).toBe(200);
  expect(await order()).toEqual(["@everyone", "DJ", "Guest", "Jukebox"]);
  expect((await call("PUT", `/guilds/${guildId}/members/${userId}/roles/${first}`)).status).toBe(204);
  expect((await client.dispatch("GUILD_MEMBER_UPDATE")).d).toMatchObject({ user: { id: userId }, roles: [first] });
  expect((await call("DELETE", `${roles}/${first}`)).status).toBe(204);
  expect((await client.dispatch("GUILD_ROLE_DELETE")).d).toMatchObject({ role_id: first });
  expect((await call("GET", `/guilds/${guildId}/members/${userId}`)).body).toMatchObject({ roles: [] });
  expect(await call("GET", `${roles}/${first}`)).toMatchObject(refused(404, 10011));
});

test("a bot reaches only the roles below its own, and gives only what it has", async () => {
  const { guildId, userId } = ids;
  const roles = `/guilds/${guildId}/roles`;
  const own = simulator.world.members(guildId).find(({ user }) => user.id === bot.botUserId)?.roles[0] ?? "";
  expect(await call("PATCH", `${roles}/${own}`, { name: "Boss" })).toMatchObject(refused(403, 50013));
  expect(await call("PUT", `/guilds/${guildId}/members/${userId}/roles/${own}`)).toMatchObject(refused(403, 50013));
  expect(await call("DELETE", `${roles}/${guildId}`)).toMatchObject(refused(400, 50028));
  const administrator = { name: "Admin", permissions: String(Permission.Administrator) };
  expect(await call("POST", roles, administrator)).toMatchObject(refused(403, 50013));
  expect(await call("POST", roles, { permissions: "many" })).toMatchObject(refused(400, 50035));
});

test("deletes many messages at once, but not old ones", async () => {
  const { channelId } = ids;
  const path = `/channels/${channelId}/messages/bulk-delete`;
  const old = say("old");
  await clock.advance(14 * 24 * 60 * 60_000 + 1);
  client = await openRawClient(simulator.gatewayUrl);
  client.send(2, identifyData(bot.token, INTENTS));
  await client.dispatch("GUILD_CREATE");
  const [first, second, third] = [say("1"), say("2"), say("3")];
  expect(await call("POST", path, { messages: [first.id, old.id] })).toMatchObject(refused(400, 50034));
  expect(await call("POST", path, { messages: [first.id] })).toMatchObject(refused(400, 50035));
  expect(await call("POST", path, { messages: [first.id, first.id] })).toMatchObject(refused(400, 50035));
  expect((await call("POST", path, { messages: [first.id, third.id] })).status).toBe(204);
  expect((await client.dispatch("MESSAGE_DELETE_BULK")).d).toMatchObject({
    ids: [first.id, third.id],
    channel_id: channelId,
  });
  expect(simulator.world.messages(channelId).map(({ id }) => id)).toEqual([old.id, second.id]);
});

test("kicks and bans those below it, and takes bans back", async () => {
  const { guildId, userId, channelId } = ids;
  const bans = `/guilds/${guildId}/bans`;
  say("rude");
  const reason = { "x-audit-log-reason": encodeURIComponent("Zu laut – übel") };
  expect((await call("PUT", `${bans}/${userId}`, { delete_message_seconds: 60 }, reason)).status).toBe(204);
  expect((await client.dispatch("GUILD_MEMBER_REMOVE")).d).toMatchObject({ user: { id: userId } });
  expect((await client.dispatch("GUILD_BAN_ADD")).d).toMatchObject({ user: { id: userId } });
  expect(simulator.world.messages(channelId)).toEqual([]);
  const ban = { reason: "Zu laut – übel", user: { id: userId } };
  expect((await call("GET", bans)).body).toMatchObject([ban]);
  expect((await call("GET", `${bans}/${userId}`)).body).toMatchObject(ban);
  expect((await call("DELETE", `${bans}/${userId}`)).status).toBe(204);
  expect(await call("DELETE", `${bans}/${userId}`)).toMatchObject(refused(404, 10026));

  simulator.world.addMember(guildId, userId);
  expect((await call("DELETE", `/guilds/${guildId}/members/${userId}`)).status).toBe(204);
  expect(await call("DELETE", `/guilds/${guildId}/members/${userId}`)).toMatchObject(refused(404, 10007));
  const ownerId = simulator.world.guilds()[0]?.ownerId ?? "";
  expect(await call("PUT", `${bans}/${ownerId}`, {})).toMatchObject(refused(403, 50013));
});

test("bans many at once and says who could not be", async () => {
  const { guildId, userId } = ids;
  const ownerId = simulator.world.guilds()[0]?.ownerId ?? "";
  const answer = await call("POST", `/guilds/${guildId}/bulk-ban`, { user_ids: [userId, ownerId] });
  expect(answer).toMatchObject({ status: 200, body: { banned_users: [userId], failed_users: [ownerId] } });
  const nobody = await call("POST", `/guilds/${guildId}/bulk-ban`, { user_ids: [ownerId] });
  expect(nobody.body).toMatchObject({ code: 500000 });
});

test("a bot that is thrown out gets GUILD_DELETE and hears nothing more", async () => {
  const { guildId } = ids;
  simulator.world.removeMember(guildId, bot.botUserId);
  expect((await client.dispatch("GUILD_DELETE")).d).toEqual({ id: guildId });
  say("are you there?");
  expect(await call("GET", `/guilds/${guildId}`)).toMatchObject(refused(404, 10004));
  await client.flushed();
  expect(client.rest()).toEqual([]);
});

test("pins messages, lists them in pages and takes pins away", async () => {
  const { channelId } = ids;
  const pins = `/channels/${channelId}/messages/pins`;
  const [first, second] = [say("1"), say("2")];
  for (const { id } of [first, second]) {
    await clock.advance(1_000);
    expect((await call("PUT", `${pins}/${id}`)).status).toBe(204);
  }
  expect((await client.dispatch("MESSAGE_UPDATE")).d).toMatchObject({ id: first.id, pinned: true });
  expect((await client.dispatch("CHANNEL_PINS_UPDATE")).d).toMatchObject({ channel_id: channelId });
  expect((await client.dispatch("MESSAGE_CREATE")).d).toMatchObject({
    type: 6,
    author: { id: bot.botUserId },
    message_reference: { message_id: first.id },
  });
  const page = (await call("GET", `${pins}?limit=1`)).body as { items: { pinned_at: string }[]; has_more: boolean };
  expect(page).toMatchObject({ items: [{ message: { id: second.id, pinned: true } }], has_more: true });
  const before = encodeURIComponent(page.items[0]?.pinned_at ?? "");
  expect((await call("GET", `${pins}?before=${before}`)).body).toMatchObject({
    items: [{ message: { id: first.id } }],
    has_more: false,
  });
  expect((await call("DELETE", `${pins}/${first.id}`)).status).toBe(204);
  expect((await call("GET", `/channels/${channelId}/pins`)).body).toMatchObject([{ id: second.id }]);
});

test("tells the sounds of a guild and what its voice channels say of themselves", async () => {
  const { guildId, userId } = ids;
  const { world } = simulator;
  world.addSoundboardSound(guildId, { name: "gong" });
  const voice = world.addChannel(guildId, { name: "Music", type: "voice" });
  world.joinVoice({ guildId, channelId: voice.id, userId });
  expect((await call("PUT", `/channels/${voice.id}/voice-status`, { status: "Bach" })).status).toBe(204);
  expect((await client.dispatch("VOICE_CHANNEL_STATUS_UPDATE")).d).toMatchObject({ id: voice.id, status: "Bach" });
  client.send(31, { guild_ids: [guildId] });
  expect((await client.dispatch("SOUNDBOARD_SOUNDS")).d).toMatchObject({
    guild_id: guildId,
    soundboard_sounds: [{ name: "gong" }],
  });
  client.send(43, { guild_id: guildId, fields: ["status", "voice_start_time"] });
  expect((await client.dispatch("CHANNEL_INFO")).d).toEqual({
    guild_id: guildId,
    channels: [{ id: voice.id, status: "Bach", voice_start_time: Math.floor(clock.now() / 1000) }],
  });
  world.leaveVoice({ guildId, userId });
  client.send(43, { guild_id: guildId, fields: ["voice_start_time"] });
  expect((await client.dispatch("CHANNEL_INFO")).d).toMatchObject({
    channels: [{ id: voice.id, voice_start_time: null }],
  });
  expect(simulator.transcript.problems).toEqual([]);
});

test("people are not offered commands that are not for them", async () => {
  const { guildId, channelId, userId } = ids;
  const play = { name: "play", description: "Plays", default_member_permissions: String(Permission.MuteMembers) };
  await call("POST", `/applications/${bot.applicationId}/guilds/${guildId}/commands`, play);
  const use = { guildId, channelId, userId, applicationId: bot.applicationId, name: "play" };
  await expect(simulator.world.invokeCommand(use)).rejects.toMatchObject({ code: "SIM_DISCORD_INVALID_ARGUMENT" });
  const role = simulator.world.addRole(guildId, { name: "DJ", permissions: Permission.MuteMembers });
  simulator.world.setMemberRole({ guildId, userId, roleId: role.id });
  const invoked = simulator.world.invokeCommand(use);
  const interaction = (await client.dispatch("INTERACTION_CREATE")).d as { member: { permissions: string } };
  expect(BigInt(interaction.member.permissions) & Permission.MuteMembers).not.toBe(0n);
  await clock.advance(3_000);
  expect((await invoked).outcome).toBe("unanswered");
});
