import { parseArgs } from "node:util";
import type { UrlPolicy } from "../address-policy.ts";

/** What the command line and the environment ask for. */
export interface NodeArguments {
  readonly wantsHelp: boolean;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly musicDirectory: string | undefined;
  readonly allowUrls: UrlPolicy;
}

const policies = ["none", "public", "all"] as const;

/** What `--help` prints. */
export const usage = `Usage: antiphon-audio-node [options]

Runs a small Lavalink v4 server: files and addresses into Discord voice channels.

  --host ADDRESS         where to listen (AUDIO_NODE_HOST; 127.0.0.1)
  --port PORT            0 takes a free one (AUDIO_NODE_PORT; 2333)
  --music-directory DIR  the folder whose files can be played and searched (AUDIO_NODE_MUSIC_DIRECTORY; none)
  --allow-urls POLICY    none, public (no private networks) or all (AUDIO_NODE_ALLOW_URLS; public)
  --help                 this text

AUDIO_NODE_PASSWORD is what clients send as Authorization. It has no option, because other users of a machine can read those.

Exit codes: 0 ended by SIGINT or SIGTERM, 1 the node could not start, 2 the arguments cannot be used.
`;

/** Reads the command line, then the environment. Throws an Error that says what is wrong with them. */
export function readArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): NodeArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      host: { type: "string", default: env["AUDIO_NODE_HOST"] ?? "127.0.0.1" },
      port: { type: "string", default: env["AUDIO_NODE_PORT"] ?? "2333" },
      "music-directory": { type: "string" },
      "allow-urls": { type: "string", default: env["AUDIO_NODE_ALLOW_URLS"] ?? "public" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const password = env["AUDIO_NODE_PASSWORD"] ?? "";
  if (password === "" && !values.help)
    throw new Error("AUDIO_NODE_PASSWORD is not set: choose a password for clients.");
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new Error(`The port must be from 0 to 65535, not "${values.port}".`);
  const allowUrls = policies.find((policy) => policy === values["allow-urls"]);
  if (allowUrls === undefined)
    throw new Error(`--allow-urls must be one of ${policies.join(", ")}, not "${values["allow-urls"]}".`);
  return {
    wantsHelp: values.help,
    password,
    host: values.host,
    port,
    musicDirectory: values["music-directory"] ?? env["AUDIO_NODE_MUSIC_DIRECTORY"],
    allowUrls,
  };
}
