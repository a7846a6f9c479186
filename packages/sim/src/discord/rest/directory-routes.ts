import type { APIChannel } from "discord-api-types/v10";
import { channelPayload } from "../world/channel-payload.ts";
import { directMessageChannel, updateChannel } from "../world/guild.ts";
import { memberPayload } from "../world/member-payload.ts";
import { guildPayload } from "../world/guild-payload.ts";
import { applicationPayload } from "../world/user.ts";
import { requireChannel, requireGuild } from "./access.ts";
import { refuse } from "./api-error.ts";
import { createForm } from "./form.ts";
import { ok, openRoute, route, type Call, type Reply, type Route } from "./route.ts";

/** Who and what there is: gateway, applications, users, guilds, channels. */
export const directoryRoutes: readonly Route[] = [
  openRoute("GET", "/gateway", ({ gateway }) => ok({ url: gateway.url })),
  route("GET", "/gateway/bot", ({ application, gateway }) =>
    ok({ url: gateway.url, shards: gateway.shards, session_start_limit: gateway.sessionStartLimit(application) }),
  ),
  route("GET", "/applications/@me", ({ state, application }) => ok(applicationPayload(state, application))),
  route("GET", "/oauth2/applications/@me", ({ state, application }) => ok(applicationPayload(state, application))),
  route("GET", "/users/@me", ({ state, application }) =>
    ok({ ...state.users.get(application.botUserId), verified: true, mfa_enabled: false, flags: 0 }),
  ),
  route("GET", "/users/@me/guilds", ({ state, application }) =>
    ok(
      [...state.guilds.values()]
        .filter((guild) => guild.members.has(application.botUserId))
        .map(({ id, name, ownerId }) => ({
          id,
          name,
          icon: null,
          owner: ownerId === application.botUserId,
          permissions: "0",
          features: [],
        })),
    ),
  ),
  route("POST", "/users/@me/channels", openDirectMessage),
  route("GET", "/users/:userId", ({ state, params }) => {
    const user = state.users.get(params["userId"] ?? "");
    if (user === undefined) throw refuse("unknownUser");
    return ok(user);
  }),
  route("GET", "/guilds/:guildId", (call) => {
    const guild = requireGuild(call);
    const counts = { approximate_member_count: guild.members.size, approximate_presence_count: guild.members.size };
    return ok({ ...guildPayload(guild), ...(call.query.get("with_counts") === "true" ? counts : {}) });
  }),
  route("GET", "/guilds/:guildId/channels", (call) =>
    ok([...requireGuild(call).channels.values()].map((channel) => channelPayload(call.state, channel))),
  ),
  route("GET", "/guilds/:guildId/roles", (call) => ok([...requireGuild(call).roles.values()])),
  route("GET", "/guilds/:guildId/members", listMembers),
  route("GET", "/guilds/:guildId/members/:userId", (call) => {
    const guild = requireGuild(call);
    const userId = call.params["userId"] ?? "";
    if (!call.state.users.has(userId)) throw refuse("unknownUser");
    if (!guild.members.has(userId)) throw refuse("unknownMember");
    return ok(memberPayload(call.state, guild, userId));
  }),
  route("GET", "/guilds/:guildId/voice-states/:userId", (call) => {
    const userId = call.params["userId"] === "@me" ? call.application.botUserId : call.params["userId"];
    const voiceState = requireGuild(call).voiceStates.get(userId ?? "");
    if (voiceState === undefined) throw refuse("unknownVoiceState");
    return ok(voiceState);
  }),
  route("GET", "/channels/:channelId", (call) => ok(payloadOf(call))),
  route("PATCH", "/channels/:channelId", changeChannel),
];

function payloadOf(call: Call): APIChannel {
  return channelPayload(call.state, requireChannel(call), call.application.botUserId);
}

function openDirectMessage({ state, application, body }: Call): Reply {
  const form = createForm();
  const recipientId = form.snowflake(form.object(body, [])?.["recipient_id"], ["recipient_id"]);
  form.finish();
  if (recipientId === undefined || !state.users.has(recipientId)) throw refuse("unknownUser");
  const channel = directMessageChannel(state, application.botUserId, recipientId);
  return ok(channelPayload(state, channel, application.botUserId));
}

function listMembers(call: Call): Reply {
  const guild = requireGuild(call);
  const form = createForm();
  const limit = form.integer(Number(call.query.get("limit") ?? 1), ["limit"], { minimum: 1, maximum: 1000 });
  const after = BigInt(form.snowflake(call.query.get("after"), ["after"]) ?? 0);
  form.finish();
  const userIds = [...guild.members.keys()].filter((userId) => BigInt(userId) > after);
  userIds.sort((one, other) => (BigInt(one) < BigInt(other) ? -1 : 1));
  return ok(userIds.slice(0, limit).map((userId) => memberPayload(call.state, guild, userId)));
}

function changeChannel(call: Call): Reply {
  const channel = requireChannel(call);
  const form = createForm();
  const fields = form.object(call.body, []) ?? {};
  const name = form.text(fields["name"], ["name"], { minimum: 1, maximum: 100 });
  const topic = fields["topic"] === null ? null : form.text(fields["topic"], ["topic"], { maximum: 1024 });
  form.finish();
  updateChannel(call.state, channel, { name, topic });
  return ok(payloadOf(call));
}
