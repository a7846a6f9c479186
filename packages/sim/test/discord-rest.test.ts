import { startDiscordSimulator, type DiscordSimulator, type DiscordSimulatorOptions } from "@antiphon/sim/discord";
import { createManualClock, type ManualClock } from "@antiphon/std";
import { afterEach, beforeEach, expect, test } from "vitest";

let simulator: DiscordSimulator;
let clock: ManualClock;
let bot: { token: string; applicationId: string; botUserId: string };
let ids: { guildId: string; channelId: string; userId: string };

async function start(options: DiscordSimulatorOptions = {}) {
  clock = createManualClock();
  simulator = await startDiscordSimulator({ clock, ...options });
  const { world } = simulator;
  bot = world.addApplication({ name: "Jukebox" });
  const user = world.addUser({ username: "ada" });
  const guild = world.addGuild({ name: "Antiphon", ownerId: user.id });
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  world.addMember(guild.id, bot.botUserId);
  ids = { guildId: guild.id, channelId: channel.id, userId: user.id };
}

beforeEach(() => start({ rateLimits: { enforce: false } }));
afterEach(() => simulator.close());

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const isForm = body instanceof FormData;
  const response = await fetch(`${simulator.apiUrl}/v10${path}`, {
    method,
    headers: {
      authorization: `Bot ${bot.token}`,
      ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isForm || typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === "" || text.startsWith("<") ? undefined : JSON.parse(text)) as never,
  };
}

const messages = () => `/channels/${ids.channelId}/messages`;

test("says where the gateway is, to those with a token", async () => {
  expect(await call("GET", "/gateway", undefined, { authorization: "" })).toMatchObject({
    status: 200,
    body: { url: simulator.gatewayUrl },
  });
  expect(await call("GET", "/gateway/bot")).toMatchObject({
    status: 200,
    body: {
      url: simulator.gatewayUrl,
      shards: 1,
      session_start_limit: { total: 1000, remaining: 1000, max_concurrency: 1 },
    },
  });
  for (const authorization of ["", "Bot wrong", bot.token]) {
    expect(await call("GET", "/gateway/bot", undefined, { authorization })).toMatchObject({
      status: 401,
      body: { message: "401: Unauthorized", code: 0 },
    });
  }
});

test("describes what there is", async () => {
  const { guildId, channelId, userId } = ids;
  const answers = await Promise.all(
    [
      "/users/@me",
      "/applications/@me",
      "/oauth2/applications/@me",
      "/users/@me/guilds",
      `/guilds/${guildId}?with_counts=true`,
      `/guilds/${guildId}/channels`,
      `/guilds/${guildId}/roles`,
      `/guilds/${guildId}/members?limit=10`,
      `/guilds/${guildId}/members/${userId}`,
      `/users/${userId}`,
      `/channels/${channelId}`,
    ].map(async (path) => (await call("GET", path)).body),
  );
  expect(answers).toMatchObject([
    { id: bot.botUserId, bot: true },
    { id: bot.applicationId, name: "Jukebox", bot: { id: bot.botUserId } },
    { id: bot.applicationId },
    [{ id: guildId, owner: false }],
    { id: guildId, name: "Antiphon", approximate_member_count: 2, owner_id: userId },
    [{ id: channelId, type: 0 }],
    [{ name: "@everyone" }, { name: "Jukebox", managed: true }],
    [{ user: { id: bot.botUserId } }, { user: { id: userId } }],
    { user: { username: "ada" }, roles: [] },
    { username: "ada" },
    { name: "general", guild_id: guildId },
  ]);
});

test.each([
  ["GET", "/channels/1", 404, 10003],
  ["GET", "/guilds/1", 404, 10004],
  ["GET", "/users/1", 404, 10013],
  ["GET", "/channels/abc", 400, 50035],
  ["GET", "/nothing/here", 404, 0],
  ["PUT", "/gateway/bot", 405, 0],
  ["POST", "/interactions/1/token/callback", 404, 10062],
  ["POST", "/webhooks/1/token", 404, 10015],
  ["PATCH", "/webhooks/1/token/messages/@original", 404, 10015],
])("%s %s is refused with %i and code %i", async (method, path, status, code) => {
  expect(await call(method, path, method === "GET" ? undefined : {})).toMatchObject({ status, body: { code } });
});

test("notes what it does not know", async () => {
  await call("GET", "/nothing/here");
  expect(simulator.transcript.problems).toEqual(["Nothing answers GET /api/v10/nothing/here."]);
});

test("keeps bots out of guilds they are not in", async () => {
  const other = simulator.world.addGuild({ name: "Other" });
  const channel = simulator.world.addChannel(other.id, { name: "secret", type: "text" });
  expect(await call("GET", `/guilds/${other.id}`)).toMatchObject({ status: 404, body: { code: 10004 } });
  expect(await call("POST", `/channels/${channel.id}/messages`, { content: "x" })).toMatchObject({
    status: 403,
    body: { code: 50001 },
  });
});

test("creates, lists, edits and deletes messages", async () => {
  const sent: string[] = [];
  for (const content of ["1", "2", "3", "4"])
    sent.push(((await call("POST", messages(), { content })).body as { id: string }).id);
  const contents = async (query: string) =>
    ((await call("GET", `${messages()}?${query}`)).body as { content: string }[]).map(({ content }) => content);
  expect(await contents("")).toEqual(["4", "3", "2", "1"]);
  expect(await contents("limit=2")).toEqual(["4", "3"]);
  expect(await contents(`before=${sent[2]}&limit=1`)).toEqual(["2"]);
  expect(await contents(`after=${sent[0]}&limit=2`)).toEqual(["3", "2"]);
  expect(await contents(`around=${sent[1]}&limit=3`)).toEqual(["3", "2", "1"]);
  expect((await call("GET", `${messages()}?before=x`)).status).toBe(400);

  const edited = await call("PATCH", `${messages()}/${sent[0]}`, { embeds: [{ title: "One" }] });
  expect(edited.body).toMatchObject({
    content: "1",
    embeds: [{ title: "One", type: "rich" }],
    edited_timestamp: "2026-01-01T00:00:00.000000+00:00",
  });
  expect((await call("DELETE", `${messages()}/${sent[0]}`)).status).toBe(204);
  expect(await call("GET", `${messages()}/${sent[0]}`)).toMatchObject({ status: 404, body: { code: 10008 } });
  const { id } = simulator.world.sendMessage({ channelId: ids.channelId, authorId: ids.userId, content: "mine" });
  expect(await call("PATCH", `${messages()}/${id}`, { content: "yours" })).toMatchObject({
    status: 403,
    body: { code: 50005 },
  });
});

test("takes files by multipart, describes and serves them", async () => {
  const form = new FormData();
  form.set(
    "payload_json",
    JSON.stringify({
      embeds: [{ image: { url: "attachment://cover.png" } }],
      attachments: [{ id: 0, description: "The cover" }],
    }),
  );
  form.set("files[0]", new Blob(["png"], { type: "image/png" }), "cover.png");
  const { body } = await call("POST", messages(), form);
  const { attachments, embeds } = body as { attachments: { url: string }[]; embeds: object[] };
  expect(attachments).toMatchObject([
    { filename: "cover.png", size: 3, content_type: "image/png", description: "The cover" },
  ]);
  expect(embeds).toMatchObject([{ image: { url: attachments[0]?.url } }]);
  const file = await fetch(attachments[0]?.url ?? "");
  expect([file.headers.get("content-type"), await file.text()]).toEqual(["image/png", "png"]);
});

test("pings whom the message may ping", async () => {
  const content = `<@${ids.userId}> @everyone`;
  expect((await call("POST", messages(), { content })).body).toMatchObject({
    mentions: [{ id: ids.userId }],
    mention_everyone: true,
  });
  const quiet = await call("POST", messages(), { content, allowed_mentions: { parse: [] } });
  expect(quiet.body).toMatchObject({ mentions: [], mention_everyone: false });
  const { id } = simulator.world.sendMessage({ channelId: ids.channelId, authorId: ids.userId, content: "question" });
  const reply = await call("POST", messages(), {
    content: "answer",
    message_reference: { message_id: id },
    allowed_mentions: { parse: [], replied_user: true },
  });
  expect(reply.body).toMatchObject({
    type: 19,
    mentions: [{ id: ids.userId }],
    referenced_message: { content: "question" },
  });
  const unknown = await call("POST", messages(), { content: "answer", message_reference: { message_id: "1" } });
  expect(unknown).toMatchObject({
    status: 400,
    body: { errors: { message_reference: { _errors: [{ code: "MESSAGE_REFERENCE_UNKNOWN_MESSAGE" }] } } },
  });
});

test("does not repeat a message whose nonce is enforced", async () => {
  const body = { content: "once", nonce: "n1", enforce_nonce: true };
  const [first, second] = [await call("POST", messages(), body), await call("POST", messages(), body)];
  expect(second.body).toEqual(first.body);
  expect(simulator.world.messages(ids.channelId)).toHaveLength(1);
});

test("names every fault of a message by its path", async () => {
  const { status, body } = await call("POST", messages(), {
    content: "x".repeat(2001),
    embeds: [{ title: "x".repeat(257), fields: [{ name: "n" }], url: "ftp://x" }],
    components: [
      {
        type: 1,
        components: [
          { type: 2, style: 1, label: "a", custom_id: "same" },
          { type: 2, style: 1, label: "b", custom_id: "same" },
          { type: 2, style: 5, label: "c" },
        ],
      },
    ],
  });
  expect(status).toBe(400);
  expect(body).toEqual({
    message: "Invalid Form Body",
    code: 50035,
    errors: {
      content: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH", message: "Must be 2000 or fewer in length." }] },
      embeds: {
        "0": {
          title: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH", message: "Must be 256 or fewer in length." }] },
          url: {
            _errors: [
              {
                code: "URL_TYPE_INVALID_SCHEME",
                message: `Scheme "ftp" is not supported. Scheme must be one of ('http', 'https').`,
              },
            ],
          },
          fields: { "0": { value: { _errors: [{ code: "BASE_TYPE_REQUIRED", message: "This field is required" }] } } },
        },
      },
      components: {
        "0": {
          components: {
            "1": {
              custom_id: {
                _errors: [
                  { code: "COMPONENT_CUSTOM_ID_DUPLICATED", message: "Component custom id cannot be duplicated" },
                ],
              },
            },
            "2": { url: { _errors: [{ code: "BASE_TYPE_REQUIRED", message: "This field is required" }] } },
          },
        },
      },
    },
  });
});

test.each([
  ["nothing", 50006, {}],
  ["empty content", 50006, { content: "" }],
  ["content that is a number", 50035, { content: 5 }],
  ["eleven embeds", 50035, { embeds: Array.from({ length: 11 }, () => ({ title: "x" })) }],
  [
    "embeds of 6001 characters",
    50035,
    { embeds: [{ description: "x".repeat(4000) }, { description: "x".repeat(2001) }] },
  ],
  ["a button outside a row", 50035, { content: "x", components: [{ type: 2, style: 1, label: "x", custom_id: "x" }] }],
  ["content beside components V2", 50035, { content: "x", flags: 1 << 15, components: [{ type: 10, content: "x" }] }],
  ["a list", 50035, []],
])("refuses a message with %s with code %i", async (_name, code, body) => {
  expect(await call("POST", messages(), body)).toMatchObject({ status: 400, body: { code } });
});

test("refuses bodies that are no JSON", async () => {
  expect(await call("POST", messages(), "{")).toMatchObject({ status: 400, body: { code: 50109 } });
  expect(await call("POST", messages(), "hello", { "content-type": "text/plain" })).toMatchObject({
    status: 400,
    body: { code: 50035 },
  });
});

test("opens direct messages", async () => {
  const { body } = await call("POST", "/users/@me/channels", { recipient_id: ids.userId });
  expect(body).toMatchObject({ type: 1, recipients: [{ id: ids.userId }] });
  const { id } = body as { id: string };
  expect((await call("POST", `/channels/${id}/messages`, { content: "psst" })).status).toBe(200);
  expect(simulator.world.messages(id)).toMatchObject([{ content: "psst" }]);
});

test("creates, replaces, changes and removes commands", async () => {
  const path = `/applications/${bot.applicationId}/guilds/${ids.guildId}/commands`;
  const play = { name: "play", description: "Plays", options: [{ type: 3, name: "query", description: "What" }] };
  const created = await call("POST", path, play);
  expect(created).toMatchObject({
    status: 201,
    body: { name: "play", type: 1, guild_id: ids.guildId, application_id: bot.applicationId },
  });
  const { id } = created.body as { id: string };
  expect(await call("POST", path, { ...play, description: "Plays more" })).toMatchObject({
    status: 200,
    body: { id, description: "Plays more" },
  });
  expect((await call("PATCH", `${path}/${id}`, { name: "spiel" })).body).toMatchObject({
    id,
    name: "spiel",
    options: [{ name: "query" }],
  });
  expect(
    (
      await call("PUT", path, [
        { name: "spiel", description: "x" },
        { name: "Hello there", type: 2 },
      ])
    ).body,
  ).toMatchObject([{ id }, { type: 2 }]);
  expect((await call("DELETE", `${path}/${id}`)).status).toBe(204);
  expect(await call("GET", `${path}/${id}`)).toMatchObject({ status: 404, body: { code: 10063 } });
  await call("POST", `/applications/${bot.applicationId}/commands`, { name: "ping", description: "Pings" });
  expect(simulator.world.commandsOf(bot.applicationId, ids.guildId).map(({ name }) => name)).toEqual([
    "ping",
    "Hello there",
  ]);
  expect((await call("GET", "/applications/1/commands")).status).toBe(403);
});

function withOptions(options: readonly object[]) {
  return {
    name: "play",
    description: "x",
    options: options.map((option) => ({ type: 3, description: "x", ...option })),
  };
}

test.each([
  ["a capital letter in its name", "APPLICATION_COMMAND_INVALID_NAME", { name: "Play", description: "x" }],
  ["a space in its name", "APPLICATION_COMMAND_INVALID_NAME", { name: "play it", description: "x" }],
  ["33 characters in its name", "BASE_TYPE_BAD_LENGTH", { name: "p".repeat(33), description: "x" }],
  ["no description", "BASE_TYPE_REQUIRED", { name: "play" }],
  ["a long description", "BASE_TYPE_BAD_LENGTH", { name: "play", description: "x".repeat(101) }],
  [
    "26 options",
    "BASE_TYPE_MAX_LENGTH",
    withOptions(Array.from({ length: 26 }, (_, index) => ({ name: `o${index}` }))),
  ],
  [
    "a required option last",
    "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    withOptions([{ name: "a" }, { name: "b", required: true }]),
  ],
  ["the same option twice", "APPLICATION_COMMAND_OPTIONS_NAME_NOT_UNIQUE", withOptions([{ name: "a" }, { name: "a" }])],
  ["an option of no known type", "NUMBER_TYPE_MAX", withOptions([{ name: "a", type: 99 }])],
])("refuses a command with %s with %s", async (_name, code, command) => {
  const { status, body } = await call("POST", `/applications/${bot.applicationId}/commands`, command);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain(code);
  const bulk = await call("PUT", `/applications/${bot.applicationId}/commands`, [
    { name: "fine", description: "x" },
    command,
  ]);
  expect(Object.keys((bulk.body as { errors: object }).errors)).toEqual(["1"]);
});

test("counts requests by route and channel, and refuses the sixth", async () => {
  await simulator.close();
  await start();
  for (let left = 4; left >= 0; left--) {
    const { status, headers } = await call("POST", messages(), { content: "x" });
    expect([status, headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining")]).toEqual([
      200,
      "5",
      String(left),
    ]);
    expect(headers.get("x-ratelimit-reset-after")).toBe("5.000");
    expect(Number(headers.get("x-ratelimit-reset"))).toBe(clock.now() / 1000 + 5);
  }
  await clock.advance(1_500);
  const refused = await call("POST", messages(), { content: "x" });
  expect(refused).toMatchObject({
    status: 429,
    body: { message: "You are being rate limited.", retry_after: 3.5, global: false },
  });
  expect(refused.headers.get("retry-after")).toBe("4");
  expect(refused.headers.get("x-ratelimit-scope")).toBe("user");
  const other = simulator.world.addChannel(ids.guildId, { name: "other", type: "text" });
  const elsewhere = await call("POST", `/channels/${other.id}/messages`, { content: "x" });
  expect(elsewhere.status).toBe(200);
  expect(elsewhere.headers.get("x-ratelimit-bucket")).toBe(refused.headers.get("x-ratelimit-bucket"));
  await clock.advance(3_500);
  expect((await call("POST", messages(), { content: "x" })).status).toBe(200);
});

test("counts all requests of a bot together, except interactions", async () => {
  await simulator.close();
  await start({ rateLimits: { globalPerSecond: 2, routes: { "GET /users/@me": { limit: 100, windowMs: 1000 } } } });
  expect([(await call("GET", "/users/@me")).status, (await call("GET", "/gateway/bot")).status]).toEqual([200, 200]);
  const refused = await call("GET", "/users/@me");
  expect(refused).toMatchObject({ status: 429, body: { global: true, retry_after: 1 } });
  expect([refused.headers.get("x-ratelimit-global"), refused.headers.get("x-ratelimit-scope")]).toEqual([
    "true",
    "global",
  ]);
  expect((await call("POST", "/webhooks/1/token", {})).status).toBe(404);
  await clock.advance(1000);
  expect((await call("GET", "/users/@me")).status).toBe(200);
});

test("fails when a test wants it to", async () => {
  simulator.world.failRequests({ status: 502, count: 2, match: "POST /api/v10/channels" });
  expect((await call("GET", "/users/@me")).status).toBe(200);
  expect([
    (await call("POST", messages(), { content: "x" })).status,
    (await call("POST", messages(), { content: "x" })).status,
  ]).toEqual([502, 502]);
  expect((await call("POST", messages(), { content: "x" })).status).toBe(200);
});

test("a port in use is a readable error", async () => {
  const port = Number(new URL(simulator.url).port);
  await expect(startDiscordSimulator({ port })).rejects.toMatchObject({ code: "SIM_DISCORD_LISTEN_FAILED" });
});
