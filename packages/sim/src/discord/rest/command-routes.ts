import { ApplicationCommandType, type APIApplicationCommand } from "discord-api-types/v10";
import { commandScope, patchCommand, putCommand, removeCommand, replaceCommands } from "../world/command.ts";
import { requireGuild } from "./access.ts";
import { refuse } from "./api-error.ts";
import { readCommandBody, readCommandListBody } from "./command-body.ts";
import { noContent, ok, route, type Call, type Reply, type Route } from "./route.ts";

/** The most slash commands in one scope. */
const COMMAND_LIMIT = 100;

/** The application's own commands, and those of one guild: the same routes under two paths. */
export const commandRoutes: readonly Route[] = [
  "/applications/:applicationId/commands",
  "/applications/:applicationId/guilds/:guildId/commands",
].flatMap((path) => [
  route("GET", path, (call) => ok([...scopeOf(call).values()])),
  route("POST", path, createCommand),
  route("PUT", path, (call) => {
    scopeOf(call);
    const drafts = readCommandListBody(call.body);
    if (drafts.filter(({ type }) => type === ApplicationCommandType.ChatInput).length > COMMAND_LIMIT)
      throw refuse("tooManyCommands");
    return ok(replaceCommands(call.state, call.application, call.params["guildId"], drafts));
  }),
  route("GET", `${path}/:commandId`, (call) => ok(commandOf(call))),
  route("PATCH", `${path}/:commandId`, (call) => {
    const command = commandOf(call);
    const draft = readCommandBody({ ...command, ...(call.body as object), type: command.type });
    return ok(patchCommand(call.state, call.application, command, draft));
  }),
  route("DELETE", `${path}/:commandId`, (call) => {
    removeCommand(call.state, call.application, call.params["guildId"], commandOf(call).id);
    return noContent;
  }),
]);

function scopeOf(call: Call): Map<string, APIApplicationCommand> {
  if (call.params["applicationId"] !== call.application.id) throw refuse("missingAccess");
  if (call.params["guildId"] !== undefined) requireGuild(call);
  return commandScope(call.application, call.params["guildId"]);
}

function commandOf(call: Call): APIApplicationCommand {
  const command = scopeOf(call).get(call.params["commandId"] ?? "");
  if (command === undefined) throw refuse("unknownCommand");
  return command;
}

function createCommand(call: Call): Reply {
  const scope = scopeOf(call);
  const draft = readCommandBody(call.body);
  const isNew = ![...scope.values()].some(({ name, type }) => name === draft.name && type === draft.type);
  if (isNew && scope.size >= COMMAND_LIMIT) throw refuse("tooManyCommands");
  const { command, created } = putCommand(call.state, call.application, call.params["guildId"], draft);
  return { status: created ? 201 : 200, body: command };
}
