import { startAudioNode, type AudioNode } from "@antiphon/audio-node";
import { randomBytes } from "node:crypto";
import type { Logger } from "@antiphon/std";
import type { BotConfig } from "../config/bot-config.ts";

/** The prefix of the built-in node's own files, which are searched at no cost. */
export const OWN_FILES = "search";

/** Where the bot's audio comes from. */
export interface AudioBackend extends AsyncDisposable {
  readonly node: {
    readonly name: string;
    readonly host: string;
    readonly port: number;
    readonly password: string;
    readonly secure: boolean;
  };
  /** The prefix under which this node searches. */
  readonly searchPrefix: string;
}

/** Options of {@link openAudioBackend}. */
export interface AudioBackendOptions {
  readonly config: BotConfig["audio"];
  readonly logger: Logger;
  /** The certificate authority of the voice servers, in PEM; for simulators. */
  readonly voiceCertificate?: string | undefined;
}

/** The Lavalink server of the configuration, or a built-in audio node that starts and ends with the bot. */
export async function openAudioBackend({
  config,
  logger,
  voiceCertificate,
}: AudioBackendOptions): Promise<AudioBackend> {
  if (config.lavalink !== undefined) {
    return {
      node: { name: "lavalink", ...config.lavalink },
      searchPrefix: config.searchPrefix ?? "ytsearch",
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const password = randomBytes(24).toString("base64url");
  const node: AudioNode = await startAudioNode({
    password,
    // Any free port: two bots on one machine each have their own node.
    port: 0,
    logger,
    allowUrls: config.allowUrls,
    ...(config.musicDirectory === undefined ? {} : { musicDirectory: config.musicDirectory }),
    ...(voiceCertificate === undefined ? {} : { voice: { tls: { ca: voiceCertificate } } }),
  });
  return {
    node: { name: "built-in", host: "127.0.0.1", port: node.port, password, secure: false },
    searchPrefix: config.searchPrefix ?? OWN_FILES,
    [Symbol.asyncDispose]: () => node.close(),
  };
}
