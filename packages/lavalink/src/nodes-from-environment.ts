import { LavalinkError } from "./error.ts";
import type { NodeAddress } from "./node-address.ts";

/**
 * The node that `LAVALINK_HOST` (127.0.0.1 when not set), `LAVALINK_PORT` (2333), `LAVALINK_PASSWORD` and `LAVALINK_SECURE` (`true` or
 * `false`) name. Throws `LAVALINK_INVALID_ARGUMENT` without a password, or when one of the others makes no sense.
 */
export function nodesFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): readonly NodeAddress[] {
  const {
    LAVALINK_HOST: host,
    LAVALINK_PORT: port,
    LAVALINK_PASSWORD: password,
    LAVALINK_SECURE: secure,
  } = environment;
  if (password === undefined || password === "") {
    throw invalid("createLavalink: no nodes are given and LAVALINK_PASSWORD is not set. Do one of the two.");
  }
  const portNumber = Number(port || "2333");
  if (!Number.isInteger(portNumber) || portNumber < 1 || portNumber > 65_535) {
    throw invalid(`createLavalink: LAVALINK_PORT is "${port}", which is not a port. Use 1 to 65535.`);
  }
  if (secure !== undefined && !["", "true", "false"].includes(secure)) {
    throw invalid(`createLavalink: LAVALINK_SECURE is "${secure}". Use true or false.`);
  }
  return [{ host: host || "127.0.0.1", port: portNumber, password, secure: secure === "true" }];
}

function invalid(message: string): LavalinkError {
  return new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
}
