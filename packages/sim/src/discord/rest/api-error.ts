/** A refusal as Discord's HTTP API words it. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, code: number, message: string, errors?: object) {
    super(message);
    this.status = status;
    this.body = { message, code, ...(errors === undefined ? {} : { errors }) };
  }
}

const refusals = {
  badRequest: [400, 0, "400: Bad Request"],
  unauthorized: [401, 0, "401: Unauthorized"],
  notFound: [404, 0, "404: Not Found"],
  methodNotAllowed: [405, 0, "405: Method Not Allowed"],
  unknownChannel: [404, 10003, "Unknown Channel"],
  unknownGuild: [404, 10004, "Unknown Guild"],
  unknownOverwrite: [404, 10009, "Unknown Overwrite"],
  unknownRole: [404, 10011, "Unknown Role"],
  unknownBan: [404, 10026, "Unknown Ban"],
  unknownMember: [404, 10007, "Unknown Member"],
  unknownMessage: [404, 10008, "Unknown Message"],
  unknownUser: [404, 10013, "Unknown User"],
  unknownWebhook: [404, 10015, "Unknown Webhook"],
  unknownInteraction: [404, 10062, "Unknown interaction"],
  unknownCommand: [404, 10063, "Unknown application command"],
  unknownVoiceState: [404, 10065, "Unknown Voice State"],
  unknownApplication: [404, 10002, "Unknown Application"],
  tooManyPins: [400, 30003, "Maximum number of pinned messages reached for the channel (250)"],
  tooManyRoles: [400, 30005, "Maximum number of guild roles reached (250)"],
  tooManyChannels: [400, 30013, "Maximum number of server channels reached (500)"],
  tooManyCommands: [400, 30032, "Maximum number of application commands reached (100)."],
  tooLarge: [413, 40005, "Request entity too large"],
  alreadyAcknowledged: [400, 40060, "Interaction has already been acknowledged."],
  noUserAgent: [403, 40333, "internal network error"],
  missingAccess: [403, 50001, "Missing Access"],
  notInDirectMessages: [400, 50003, "Cannot execute action on a DM channel"],
  cannotEditOthers: [403, 50005, "Cannot edit a message authored by another user"],
  emptyMessage: [400, 50006, "Cannot send an empty message"],
  missingPermissions: [403, 50013, "Missing Permissions"],
  invalidRole: [400, 50028, "Invalid Role"],
  tooOldToDelete: [400, 50034, "You can only bulk delete messages that are under 14 days old."],
  cannotReply: [403, 160002, "Cannot reply without permission to read message history"],
  nobodyBanned: [400, 500000, "Failed to ban users"],
  invalidWebhookToken: [401, 50027, "Invalid Webhook Token"],
  invalidJson: [400, 50109, "The request body contains invalid JSON."],
} as const satisfies Record<string, readonly [status: number, code: number, message: string]>;

/** The error for one of the refusals that need no further words. @see [Discord Docs/Opcodes and Status Codes#JSON] */
export function refuse(name: keyof typeof refusals): ApiError {
  const [status, code, message] = refusals[name];
  return new ApiError(status, code, message);
}
