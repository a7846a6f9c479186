import { memberPayload } from "../world/member-payload.ts";
import { guildPayload } from "../world/guild-payload.ts";
import { guildPermissions } from "../world/permissions.ts";
import { applicationPayload } from "../world/user.ts";
import { requireGuild, requireMember } from "./access.ts";
import { refuse } from "./api-error.ts";
import { createForm } from "./form.ts";
import { ok, openRoute, route, type Call, type Reply, type Route } from "./route.ts";

/** Who and what there is: gateway, applications, users, guilds, members. */
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
        .map((guild) => ({
          id: guild.id,
          name: guild.name,
          icon: null,
          owner: guild.ownerId === application.botUserId,
          permissions: String(guildPermissions(guild, application.botUserId)),
          features: [],
        })),
    ),
  ),
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
  route("GET", "/guilds/:guildId/members", listMembers),
  route("GET", "/guilds/:guildId/members/:userId", (call) => {
    const guild = requireGuild(call);
    return ok(memberPayload(call.state, guild, requireMember(call, guild).userId));
  }),
  route("GET", "/guilds/:guildId/soundboard-sounds", (call) => ok({ items: requireGuild(call).soundboardSounds })),
  route("GET", "/guilds/:guildId/voice-states/:userId", (call) => {
    const userId = call.params["userId"] === "@me" ? call.application.botUserId : call.params["userId"];
    const voiceState = requireGuild(call).voiceStates.get(userId ?? "");
    if (voiceState === undefined) throw refuse("unknownVoiceState");
    return ok(voiceState);
  }),
];

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
