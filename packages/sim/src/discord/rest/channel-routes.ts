import {
  ChannelType,
  OverwriteType,
  PermissionFlagsBits,
  type APIChannel,
  type APIOverwrite,
} from "discord-api-types/v10";
import {
  addChannel,
  deleteChannel,
  directMessageChannel,
  removeOverwrite,
  setOverwrite,
  setVoiceStatus,
  updateChannel,
  type ChannelDraft,
} from "../world/channel.ts";
import { channelPayload } from "../world/channel-payload.ts";
import { channelPermissions, guildPermissions } from "../world/permissions.ts";
import type { ChannelRecord, GuildRecord } from "../world/state.ts";
import { permissionsIn, requireChannel, requireGuild, requireGuildChannel } from "./access.ts";
import { refuse } from "./api-error.ts";
import { createForm, type Form, type FormPath } from "./form.ts";
import { noContent, ok, route, type Call, type Reply, type Route } from "./route.ts";

/** The most channels of a guild. */
const CHANNEL_LIMIT = 500;
const CREATABLE: readonly number[] = [ChannelType.GuildText, ChannelType.GuildVoice, ChannelType.GuildCategory];

/** Channels and who may do what in them. */
export const channelRoutes: readonly Route[] = [
  route("POST", "/users/@me/channels", openDirectMessage),
  route("GET", "/guilds/:guildId/channels", (call) =>
    ok([...requireGuild(call).channels.values()].map((channel) => channelPayload(call.state, channel))),
  ),
  route("POST", "/guilds/:guildId/channels", createChannel),
  route("GET", "/channels/:channelId", (call) => ok(payloadOf(call, requireChannel(call)))),
  route("PATCH", "/channels/:channelId", changeChannel),
  route("DELETE", "/channels/:channelId", (call) => {
    const { guild, channel } = requireGuildChannel(call, "ManageChannels");
    const payload = payloadOf(call, channel);
    deleteChannel(call.state, guild, channel);
    return ok(payload);
  }),
  route("PUT", "/channels/:channelId/permissions/:overwriteId", putOverwrite),
  route("DELETE", "/channels/:channelId/permissions/:overwriteId", (call) => {
    const { channel } = requireGuildChannel(call, "ManageRoles");
    if (!removeOverwrite(call.state, channel, call.params["overwriteId"] ?? "")) throw refuse("unknownOverwrite");
    return noContent;
  }),
  route("PUT", "/channels/:channelId/voice-status", (call) => {
    const { channel } = requireGuildChannel(call, "SetVoiceChannelStatus");
    const form = createForm();
    const status = form.text(form.object(call.body, [])?.["status"], ["status"], { maximum: 500 });
    form.finish();
    setVoiceStatus(call.state, channel, status === undefined || status === "" ? null : status);
    return noContent;
  }),
];

const payloadOf = ({ state, application }: Call, channel: ChannelRecord): APIChannel =>
  channelPayload(state, channel, application.botUserId);

function openDirectMessage(call: Call): Reply {
  const { state, application, body } = call;
  const form = createForm();
  const recipientId = form.snowflake(form.object(body, [])?.["recipient_id"], ["recipient_id"]);
  form.finish();
  if (recipientId === undefined || !state.users.has(recipientId)) throw refuse("unknownUser");
  return ok(payloadOf(call, directMessageChannel(state, application.botUserId, recipientId)));
}

function createChannel(call: Call): Reply {
  const guild = requireGuild(call, "ManageChannels");
  if (guild.channels.size >= CHANNEL_LIMIT) throw refuse("tooManyChannels");
  const form = createForm();
  const fields = form.object(call.body, []) ?? {};
  const type = form.integer(fields["type"], ["type"], { minimum: 0, maximum: 16 }) ?? ChannelType.GuildText;
  if (!CREATABLE.includes(type))
    form.fail(["type"], "BASE_TYPE_CHOICES", `Value must be one of {${CREATABLE.join(", ")}}.`);
  if (fields["name"] === undefined) form.fail(["name"], "BASE_TYPE_REQUIRED", "This field is required");
  const draft = readChannel(form, fields, guild);
  form.finish();
  const held = guildPermissions(guild, call.application.botUserId);
  demandGrantable(held, draft.overwrites ?? []);
  const channel = addChannel(call.state, guild, { ...draft, type });
  return { status: 201, body: payloadOf(call, channel) };
}

function changeChannel(call: Call): Reply {
  const { guild, channel } = requireGuildChannel(call, "ManageChannels");
  const form = createForm();
  const draft = readChannel(form, form.object(call.body, []) ?? {}, guild);
  form.finish();
  if (draft.overwrites !== undefined) {
    requireChannel(call, "ManageRoles");
    demandGrantable(permissionsIn(call, channel), draft.overwrites);
  }
  updateChannel(call.state, channel, draft);
  return ok(payloadOf(call, channel));
}

function readChannel(form: Form, fields: Readonly<Record<string, unknown>>, guild: GuildRecord): ChannelDraft {
  const parentId = fields["parent_id"] === null ? null : form.snowflake(fields["parent_id"], ["parent_id"]);
  if (typeof parentId === "string" && guild.channels.get(parentId)?.type !== ChannelType.GuildCategory)
    form.fail(["parent_id"], "CHANNEL_PARENT_INVALID", "Category does not exist");
  const overwrites = form.list(fields["permission_overwrites"], ["permission_overwrites"], { maximum: 1000 });
  return {
    name: form.text(fields["name"], ["name"], { minimum: 1, maximum: 100 }),
    topic: fields["topic"] === null ? null : form.text(fields["topic"], ["topic"], { maximum: 1024 }),
    position: form.integer(fields["position"], ["position"], { minimum: 0, maximum: 2 ** 31 - 1 }),
    parentId,
    nsfw: form.boolean(fields["nsfw"], ["nsfw"]),
    rateLimitPerUser: form.integer(fields["rate_limit_per_user"], ["rate_limit_per_user"], {
      minimum: 0,
      maximum: 21_600,
    }),
    bitrate: form.integer(fields["bitrate"], ["bitrate"], { minimum: 8_000, maximum: 384_000 }),
    userLimit: form.integer(fields["user_limit"], ["user_limit"], { minimum: 0, maximum: 99 }),
    overwrites: overwrites?.map((item, index) => {
      const path = ["permission_overwrites", index];
      const entry = form.object(item, path) ?? {};
      const id = form.snowflake(entry["id"], [...path, "id"]) ?? "";
      return readOverwrite(form, id, entry, path);
    }),
  };
}

function readOverwrite(
  form: Form,
  id: string,
  fields: Readonly<Record<string, unknown>>,
  path: FormPath,
): APIOverwrite {
  const type = form.integer(fields["type"], [...path, "type"], { minimum: 0, maximum: 1, required: true });
  return {
    id,
    type: type as OverwriteType,
    allow: String(form.bits(fields["allow"], [...path, "allow"]) ?? 0n),
    deny: String(form.bits(fields["deny"], [...path, "deny"]) ?? 0n),
  };
}

function putOverwrite(call: Call): Reply {
  const { guild, channel } = requireGuildChannel(call, "ManageRoles");
  const id = call.params["overwriteId"] ?? "";
  const form = createForm();
  const overwrite = readOverwrite(form, id, form.object(call.body, []) ?? {}, []);
  form.finish();
  const isKnown = overwrite.type === OverwriteType.Role ? guild.roles.has(id) : guild.members.has(id);
  if (!isKnown) throw refuse("unknownOverwrite");
  demandGrantable(channelPermissions(guild, channel, call.application.botUserId), [overwrite]);
  setOverwrite(call.state, channel, overwrite);
  return noContent;
}

/** A bot can neither give nor take what it does not have itself. */
function demandGrantable(held: bigint, overwrites: readonly APIOverwrite[]): void {
  if ((held & PermissionFlagsBits.Administrator) !== 0n) return;
  const touched = overwrites.reduce((sum, { allow, deny }) => sum | BigInt(allow) | BigInt(deny), 0n);
  if ((touched & ~held) !== 0n) throw refuse("missingPermissions");
}
