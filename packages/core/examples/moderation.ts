// A moderator's tools: a slash command with a menu of members, an entry in every member's menu, a form for the reason, checks of who may what,
// and a ban. The people are simulated; the bot is exactly what it would be on Discord.
// Here: `npx node --conditions=@antiphon/source packages/core/examples/moderation.ts`; in a project of your own: `node moderation.ts`.
import {
  actionRow,
  computePermissions,
  createClient,
  customId,
  defineCommand,
  defineUserCommand,
  escapeMarkdown,
  hasPermissions,
  modal,
  Permissions,
  userMention,
  userSelect,
  type InteractionDetails,
} from "@antiphon/core";
import { createRoutes } from "@antiphon/rest/routes";
import { startDiscordSimulator } from "@antiphon/sim/discord";

// For the real Discord leave `api` out and bring a token.
await using discord = await startDiscordSimulator();
const { world } = discord;
const { applicationId, botUserId, token } = world.addApplication({ name: "Constable" });
const ann = world.addUser({ username: "ann" });
const ben = world.addUser({ username: "ben" });
const guild = world.addGuild({ name: "Listeners", ownerId: ann.id });
const channel = world.addChannel(guild.id, { name: "general", type: "text" });
world.addMember(guild.id, ben.id);
world.addMember(guild.id, botUserId, { permissions: Permissions.banMembers | Permissions.viewChannel });

await using client = createClient({ token, intents: ["guilds"], api: discord.apiUrl });
const { members } = createRoutes(client.rest);

/** What the bot may do in the guild at large; what a user may do comes with every interaction. */
async function ownPermissions(guildId: string): Promise<bigint> {
  const { roles } = await client.getMember(guildId, client.user.id);
  const known = await client.getGuild(guildId);
  return computePermissions({
    guild: { id: guildId, owner_id: known.owner_id, roles: client.cache.roles.in(guildId) },
    member: { userId: client.user.id, roles },
  });
}

const reasonForm = (userId: string) =>
  modal({
    customId: customId("ban/:userId", { userId }),
    title: "Ban",
    inputs: [{ customId: "reason", label: "Why?", paragraph: true, minimumLength: 3, maximumLength: 300 }],
  });

// Discord hides these commands from who lacks the permission, unless a guild has set them free; so it is asked again where it matters.
const settings = { contexts: ["guild"], defaultMemberPermissions: ["banMembers"] } as const;
const mayBan = ({ member }: InteractionDetails) => hasPermissions(member?.permissions ?? "0", ["banMembers"]);

client.commands.add(
  defineCommand({
    ...settings,
    name: "ban",
    description: "Bans somebody",
    execute: (context) =>
      context.reply({
        content: "Whom?",
        ephemeral: true,
        components: [actionRow(userSelect({ customId: "ban:whom" }))],
      }),
  }),
);
client.commands.add(
  defineUserCommand({
    ...settings,
    name: "Ban",
    execute: (context) => context.showModal(reasonForm(context.target.user.id)),
  }),
);
client.components.add("ban:whom", (context) => context.showModal(reasonForm(context.values[0] ?? "")));
client.modals.add("ban/:userId", async (context) => {
  const { guildId, parameters, fields } = context;
  if (guildId === undefined || !mayBan(context)) return context.reply({ content: "You may not.", ephemeral: true });
  if (!hasPermissions(await ownPermissions(guildId), ["banMembers"]))
    return context.reply({ content: "I may not. Give me the permission to ban members.", ephemeral: true });
  const reason = String(fields["reason"]);
  await members.ban(guildId, parameters.userId, {}, { reason });
  // The mention shows a name and pings nobody, because no answer does unless `allowedMentions` says so.
  await context.reply(`${userMention(parameters.userId)} is banned: ${escapeMarkdown(reason)}`);
});
client.on("interactionError", ({ error }) => console.log("a handler failed:", error));

await client.connect();
console.log("commands created:", (await client.commands.register({ guildId: guild.id })).created.join(", "));

// What ann does.
const place = { guildId: guild.id, channelId: channel.id, userId: ann.id, applicationId };
const asked = await world.invokeCommand({ ...place, name: "ban" });
console.log("bot:", asked.message?.content, asked.ephemeral ? "(only ann sees it)" : "");
const use = { channelId: channel.id, messageId: asked.message?.id ?? "", userId: ann.id };
const form = await world.chooseValues({ ...use, customId: "ban:whom", values: [ben.id] });
console.log("the form:", form.modal?.title);
const fields = { reason: "*shouting*" };
const done = await world.submitModal({ interactionId: form.interactionId, userId: ann.id, fields });
console.log("bot:", done.message?.content.replace(ben.id, "ben"));
console.log(
  "still there:",
  world.members(guild.id).some(({ user }) => user.id === ben.id),
);
