import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { createManualClock, type ManualClock } from "@antiphon/std";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identifyData, openRawClient, type RawClient } from "./discord-raw-client.ts";

let simulator: DiscordSimulator;
let clock: ManualClock;
let client: RawClient;
let ids: { guildId: string; channelId: string; userId: string; applicationId: string };

interface Interaction {
  readonly id: string;
  readonly token: string;
  readonly type: number;
  readonly data: object;
}

beforeEach(async () => {
  clock = createManualClock();
  simulator = await startDiscordSimulator({ clock, rateLimits: { enforce: false } });
  const { world } = simulator;
  const bot = world.addApplication({ name: "Jukebox" });
  const user = world.addUser({ username: "ada" });
  const guild = world.addGuild({ name: "Antiphon", ownerId: user.id });
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  world.addMember(guild.id, bot.botUserId);
  ids = { guildId: guild.id, channelId: channel.id, userId: user.id, applicationId: bot.applicationId };
  const headers = { authorization: `Bot ${bot.token}`, "content-type": "application/json" };
  const string = (name: string, more: object = {}) => ({ type: 3, name, description: "x", ...more });
  const commands = [
    {
      name: "play",
      description: "x",
      options: [
        string("query", { required: true, autocomplete: true }),
        { type: 4, name: "times", description: "x", min_value: 1 },
      ],
    },
    {
      name: "list",
      description: "x",
      options: [
        {
          type: 1,
          name: "add",
          description: "x",
          options: [string("mood", { choices: [{ name: "Calm", value: "calm" }] })],
        },
      ],
    },
  ];
  const url = `${simulator.apiUrl}/v10/applications/${bot.applicationId}/commands`;
  expect((await fetch(url, { method: "PUT", headers, body: JSON.stringify(commands) })).status).toBe(200);
  client = await openRawClient(simulator.gatewayUrl);
  client.send(2, identifyData(bot.token, 0));
  await client.dispatch("READY");
});

afterEach(async () => {
  client.cut();
  await simulator.close();
});

async function post(method: string, path: string, body?: unknown) {
  const response = await fetch(`${simulator.apiUrl}/v10${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === "" ? undefined : JSON.parse(text)) as never };
}

const nextInteraction = async () => (await client.dispatch("INTERACTION_CREATE")).d as Interaction;
const answer = ({ id, token }: Interaction, body: object, query = "") =>
  post("POST", `/interactions/${id}/${token}/callback${query}`, body);
const webhook = ({ token }: Interaction) => `/webhooks/${ids.applicationId}/${token}`;

async function play() {
  const invoked = simulator.world.invokeCommand({ ...ids, name: "play", options: { query: "x" } });
  return { invoked, interaction: await nextInteraction() };
}

test("an interaction carries what a bot needs to answer it", async () => {
  const { interaction } = await play();
  expect(interaction).toMatchObject({
    type: 2,
    version: 1,
    application_id: ids.applicationId,
    guild_id: ids.guildId,
    channel: { id: ids.channelId, name: "general" },
    member: { user: { id: ids.userId }, permissions: expect.stringMatching(/^\d+$/) },
    data: { name: "play", type: 1, options: [{ name: "query", type: 3, value: "x" }] },
    app_permissions: expect.stringMatching(/^\d+$/),
    context: 0,
    locale: "en-US",
    entitlements: [],
  });
});

test("an answer can come back with its message", async () => {
  const { interaction, invoked } = await play();
  const { status, body } = await answer(interaction, { type: 4, data: { content: "hi" } }, "?with_response=true");
  expect(status).toBe(200);
  const { message } = await invoked;
  expect(body).toEqual({
    interaction: {
      id: interaction.id,
      type: 2,
      response_message_id: message?.id,
      response_message_loading: false,
      response_message_ephemeral: false,
    },
    resource: { type: 4, message },
  });
  expect(message).toMatchObject({
    type: 20,
    application_id: ids.applicationId,
    webhook_id: ids.applicationId,
    interaction_metadata: { user: { username: "ada" } },
    interaction: { id: interaction.id, type: 2, name: "play", user: { username: "ada" } },
  });
});

test("only the first answer says in the old form which command it answers, with its subcommands", async () => {
  const invoked = simulator.world.invokeCommand({ ...ids, name: "list add", options: { mood: "calm" } });
  const interaction = await nextInteraction();
  await answer(interaction, { type: 4, data: { content: "added" } });
  const { body } = await post("POST", webhook(interaction), { content: "and more" });
  expect((await invoked).message?.interaction?.name).toBe("list add");
  expect(body).not.toHaveProperty("interaction");
});

test("the second answer is one too many", async () => {
  const { interaction } = await play();
  expect((await answer(interaction, { type: 5 })).status).toBe(204);
  expect(await answer(interaction, { type: 4, data: { content: "hi" } })).toMatchObject({
    status: 400,
    body: { code: 40060 },
  });
});

test("after three seconds it is too late to answer", async () => {
  const { interaction, invoked } = await play();
  await clock.advance(2_999);
  const { interaction: other } = await play();
  await clock.advance(1);
  expect(await answer(interaction, { type: 4, data: { content: "hi" } })).toMatchObject({
    status: 404,
    body: { code: 10062 },
  });
  const result = await invoked;
  expect(result.outcome).toBe("unanswered");
  await expect(result.completed()).rejects.toMatchObject({ code: "SIM_DISCORD_INTERACTION_UNANSWERED" });
  expect((await answer(other, { type: 4, data: { content: "in time" } })).status).toBe(204);
});

test("after fifteen minutes the token is worthless", async () => {
  const { interaction } = await play();
  await answer(interaction, { type: 4, data: { content: "hi" } });
  await clock.advance(15 * 60_000 - 1);
  expect((await post("PATCH", `${webhook(interaction)}/messages/@original`, { content: "still" })).status).toBe(200);
  await clock.advance(1);
  expect(await post("PATCH", `${webhook(interaction)}/messages/@original`, { content: "late" })).toMatchObject({
    status: 401,
    body: { code: 50027 },
  });
});

test("nobody waits for an answer from a world that has ended", async () => {
  const { invoked } = await play();
  await simulator.close();
  expect((await invoked).outcome).toBe("unanswered");
  expect(clock.pendingTimers).toBe(0);
});

test("follow-ups need an answer first", async () => {
  const { interaction } = await play();
  expect(await post("POST", webhook(interaction), { content: "hi" })).toMatchObject({
    status: 404,
    body: { code: 10015 },
  });
});

test("the first follow-up of a deferred answer takes its place, the next ones are replies", async () => {
  const { interaction, invoked } = await play();
  await answer(interaction, { type: 5, data: { flags: 64 } });
  const result = await invoked;
  expect(result).toMatchObject({ outcome: "deferred", thinking: true, ephemeral: true });
  const first = await post("POST", webhook(interaction), { content: "first" });
  expect(first.body).toMatchObject({ id: result.message?.id, content: "first", flags: 64 });
  expect(result.thinking).toBe(false);
  const second = await post("POST", webhook(interaction), { content: "second" });
  expect(second.body).toMatchObject({
    type: 19,
    content: "second",
    message_reference: { message_id: result.message?.id },
  });
  const { id } = second.body as { id: string };
  expect((await post("GET", `${webhook(interaction)}/messages/${id}`)).body).toMatchObject({ content: "second" });
  expect((await post("DELETE", `${webhook(interaction)}/messages/${id}`)).status).toBe(204);
  expect(result.followUps).toEqual([]);
});

test("refuses answers that do not fit the interaction", async () => {
  const { interaction } = await play();
  for (const type of [1, 6, 7, 8, 11, 99])
    expect(await answer(interaction, { type })).toMatchObject({ status: 400, body: { code: 50035 } });
  expect(await answer(interaction, { type: 4, data: { content: "x".repeat(2001) } })).toMatchObject({
    status: 400,
    body: { errors: { data: { content: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH" }] } } } },
  });
  expect((await answer(interaction, { type: 4, data: { content: "fine" } })).status).toBe(204);
});

test("suggestions go to the person who types", async () => {
  const typed = simulator.world.autocomplete({ ...ids, name: "play", focused: "query", options: { query: "sp" } });
  const interaction = await nextInteraction();
  expect(interaction).toMatchObject({ type: 4, data: { options: [{ name: "query", value: "sp", focused: true }] } });
  expect((await answer(interaction, { type: 4, data: { content: "no" } })).status).toBe(400);
  await answer(interaction, { type: 8, data: { choices: [{ name: "Spiegel", value: "s" }] } });
  expect(await typed).toEqual([{ name: "Spiegel", value: "s" }]);
  const unanswered = simulator.world.autocomplete({ ...ids, name: "play", focused: "query", options: { query: "" } });
  const rejected = expect(unanswered).rejects.toMatchObject({ code: "SIM_DISCORD_INTERACTION_UNANSWERED" });
  await clock.advance(3_000);
  await rejected;
});

test("select menus, and a form that answers them", async () => {
  const { interaction, invoked } = await play();
  const menu = { type: 3, custom_id: "pick", options: [{ label: "One", value: "1" }] };
  await answer(interaction, { type: 4, data: { components: [{ type: 1, components: [menu] }] } });
  const { message } = await invoked;
  const use = { ...ids, messageId: message?.id ?? "", customId: "pick" };
  const chosen = simulator.world.chooseValues({ ...use, values: ["1"] });
  const choice = await nextInteraction();
  expect(choice).toMatchObject({
    type: 3,
    data: { custom_id: "pick", component_type: 3, values: ["1"] },
    message: { id: message?.id },
  });
  const field = { type: 4, custom_id: "why", style: 1 };
  await answer(choice, {
    type: 9,
    data: { custom_id: "form", title: "Why?", components: [{ type: 18, label: "Why?", component: field }] },
  });
  const opened = await chosen;
  expect(opened).toMatchObject({ outcome: "modal", modal: { custom_id: "form" } });

  const submitted = simulator.world.submitModal({
    interactionId: opened.interactionId,
    userId: ids.userId,
    fields: { why: "because" },
  });
  const submission = await nextInteraction();
  expect(submission).toMatchObject({
    type: 5,
    data: { custom_id: "form", components: [{ type: 18, component: { custom_id: "why", value: "because" } }] },
  });
  await answer(submission, { type: 6 });
  expect((await submitted).outcome).toBe("deferredUpdate");
  await post("PATCH", `${webhook(submission)}/messages/@original`, { content: "noted", components: [] });
  expect(simulator.world.messages(ids.channelId)).toMatchObject([{ content: "noted", components: [] }]);
});

test.each([
  ["an unknown command", { name: "stop" }, "has no command /stop here; it has /play, /list"],
  ["a missing option", { name: "play" }, 'needs the option "query"'],
  ["an unknown option", { name: "play", options: { query: "x", loud: true } }, 'no option "loud"'],
  ["a number that is too small", { name: "play", options: { query: "x", times: 0 } }, "must be from 1 to any"],
  ["a missing subcommand", { name: "list" }, 'needs a subcommand, such as "add"'],
  ["an unknown subcommand", { name: "list remove" }, 'no subcommand "remove"'],
  ["a choice that is none", { name: "list add", options: { mood: "angry" } }, "must be one of its choices"],
])("a person cannot send %s", async (_name, use, message) => {
  await expect(simulator.world.invokeCommand({ ...ids, ...use })).rejects.toMatchObject({
    code: "SIM_DISCORD_INVALID_ARGUMENT",
    message: expect.stringContaining(message),
  });
});

test("subcommands are nested options", async () => {
  void simulator.world.invokeCommand({ ...ids, name: "list add", options: { mood: "calm" } });
  expect((await nextInteraction()).data).toMatchObject({
    options: [{ type: 1, name: "add", options: [{ name: "mood", value: "calm" }] }],
  });
});
