import { readFile } from "node:fs/promises";
import { describeError, type Clock } from "@antiphon/std";
import type { NatsConfig } from "@antiphon/protocol/kryten";
import type { CoreBus } from "../bus/bus-transport.ts";
import { connectNatsCoreBus } from "../bus/nats-core-bus.ts";
import { BridgeError } from "../error.ts";

/** Connects to NATS as a kryten configuration says. */
export async function connectKrytenBus(
  nats: NatsConfig,
  options: { readonly name: string; readonly clock: Clock; readonly signal?: AbortSignal | undefined },
): Promise<CoreBus> {
  const { tlsAuthorityFile, tlsCertificateFile, tlsKeyFile, credentialsFile, ...rest } = nats;
  const wantsTls = [tlsAuthorityFile, tlsCertificateFile, tlsKeyFile].some((file) => file !== undefined);
  return connectNatsCoreBus({
    ...rest,
    ...options,
    credentials: credentialsFile === undefined ? undefined : await readCredentials(credentialsFile),
    tls: wantsTls
      ? { authorityFile: tlsAuthorityFile, certificateFile: tlsCertificateFile, keyFile: tlsKeyFile }
      : undefined,
  });
}

async function readCredentials(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new BridgeError("BRIDGE_CONFIG_UNREADABLE", `Cannot read ${path}: ${describeError(cause)}.`, { cause });
  }
}
