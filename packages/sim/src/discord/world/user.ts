import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { UserId } from "@antiphon/protocol/discord";
import type { APIApplication, APIUser, UserFlags } from "discord-api-types/v10";
import { ApplicationFlags } from "discord-api-types/v10";
import type { ApplicationRecord, WorldState } from "./state.ts";

/** Adds a person. */
export function addUser(
  state: WorldState,
  options: { readonly username: string; readonly globalName?: string | undefined },
): APIUser & { id: UserId } {
  return putUser(state, state.nextId(), options.username, options.globalName ?? null, false);
}

function putUser(
  state: WorldState,
  id: UserId,
  username: string,
  globalName: string | null,
  bot: boolean,
): APIUser & { id: UserId } {
  const user: APIUser & { id: UserId } = {
    id,
    username,
    discriminator: "0",
    global_name: globalName,
    avatar: null,
    ...(bot ? { bot } : {}),
    banner: null,
    accent_color: null,
    avatar_decoration_data: null,
    public_flags: 0 as UserFlags,
  };
  state.users.set(id, user);
  return user;
}

/** Adds a bot. As with every application since 2016, its bot user has the application's id, which also opens the token. */
export function addApplication(
  state: WorldState,
  options: { readonly name: string; readonly deniedIntents?: number | undefined },
): ApplicationRecord {
  const id = state.nextId();
  const token = `${Buffer.from(id).toString("base64url")}.${state.hex(6)}.${state.hex(38)}`;
  const application: ApplicationRecord = {
    id: id,
    name: options.name,
    botUserId: id,
    token,
    deniedIntents: options.deniedIntents ?? 0,
    signingKey: signingKeyOf(state.hex(64)),
    interactionsEndpoint: undefined,
    globalCommands: new Map(),
    guildCommands: new Map(),
  };
  putUser(state, application.botUserId, options.name, null, true);
  state.applications.set(id, application);
  return application;
}

/** What RFC 8410 puts before the 32 bytes of an Ed25519 private key. */
const PKCS8_PREFIX = "302e020100300506032b657004220420";
const PUBLIC_KEY_BYTES = 32;

function signingKeyOf(seed: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(PKCS8_PREFIX + seed, "hex"), format: "der", type: "pkcs8" });
}

/** The key by which an application verifies that an HTTP interaction comes from Discord: 64 hexadecimal digits. */
export function publicKeyOf({ signingKey }: ApplicationRecord): string {
  const bytes = createPublicKey(signingKey).export({ format: "der", type: "spki" });
  return bytes.subarray(-PUBLIC_KEY_BYTES).toString("hex");
}

const FLAGS = ApplicationFlags.GatewayGuildMembersLimited | ApplicationFlags.GatewayMessageContentLimited;

/** An application as `GET /applications/@me` shows it. */
export function applicationPayload(state: WorldState, application: ApplicationRecord): APIApplication {
  const bot = state.users.get(application.botUserId);
  return {
    id: application.id,
    name: application.name,
    icon: null,
    description: "",
    bot_public: true,
    bot_require_code_grant: false,
    ...(bot === undefined ? {} : { bot }),
    summary: "",
    verify_key: publicKeyOf(application),
    ...(application.interactionsEndpoint === undefined
      ? {}
      : { interactions_endpoint_url: application.interactionsEndpoint }),
    team: null,
    flags: FLAGS,
    flags_new: String(FLAGS),
    integration_types_config: {},
    approximate_guild_count: [...state.guilds.values()].filter((guild) => guild.members.has(application.botUserId))
      .length,
  };
}
