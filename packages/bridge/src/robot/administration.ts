import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import type { Clock } from "@antiphon/std";
import {
  decodeKrytenReply,
  encodeKrytenCommand,
  serviceCommandSubject,
  type KrytenReply,
} from "@antiphon/protocol/kryten";
import { z } from "zod";
import type { CoreBus } from "../bus/bus-transport.ts";
import { BridgeError } from "../error.ts";
import { RobotFailure } from "./robot-failure.ts";

/** Who may stop a robot. */
export interface AdminSender {
  readonly name: string;
  /** An Ed25519 key, base64: {@link createAdminKeys}. */
  readonly publicKey: string;
}

/** What an administrator wants. */
export interface StopRequest {
  readonly action: "shutdown" | "restart";
  /** The sender's name, proven by the signature. */
  readonly sender: string;
  readonly reason: string;
  readonly delayMs: number;
}

/** Which signed commands a robot takes, and what it does about them. */
export interface AdministrationOptions {
  readonly senders: readonly AdminSender[];
  /** Called after the delay, when the sender has its answer. */
  stop(request: StopRequest): void;
}

/** What an admin command says besides its name. */
const argumentSchema = z.looseObject({
  reason: z.string().max(500).default(""),
  delay_seconds: z.number().min(0).max(300).default(0),
  signature: z.object({
    sender: z.string().max(100),
    signed_at_ms: z.number().int(),
    nonce: z.string().min(8).max(100),
    value: z.string().max(200),
  }),
});

const ACTIONS: Readonly<Record<string, StopRequest["action"]>> = {
  restart: "restart",
  reconnect: "restart",
  halt: "shutdown",
  shutdown: "shutdown",
  "system.shutdown": "shutdown",
};
/** How far the sender's clock may be from ours; nonces are remembered for as long. */
const FRESH_MS = 60_000;
const NONCE_LIMIT = 10_000;

/** Checks signed commands. */
export interface AdminGate {
  /**
   * Who asks for what.
   *
   * @throws RobotFailure ROBOT_SIGNATURE_REFUSED
   */
  check(command: string, args: Readonly<Record<string, unknown>>): StopRequest;
}

/** Whether a command is one that only administrators may give. */
export function isAdminCommand(command: string): boolean {
  return Object.hasOwn(ACTIONS, command);
}

/** Builds an {@link AdminGate} for the robot of a channel. */
export function createAdminGate(options: {
  readonly senders: readonly AdminSender[];
  readonly domain: string;
  readonly channel: string;
  readonly clock: Clock;
}): AdminGate {
  const { senders, domain, channel, clock } = options;
  const keys = new Map(senders.map(({ name, publicKey }) => [name, readKey(name, publicKey)]));
  const nonces = new Map<string, number>();
  const builtAtMs = Math.floor(clock.now());
  const refuse = (why: string) => new RobotFailure("ROBOT_SIGNATURE_REFUSED", `The command is refused: ${why}.`);

  const checkNonce = (nonce: string, nowMs: number): void => {
    for (const [old, untilMs] of nonces) {
      if (untilMs > nowMs && nonces.size < NONCE_LIMIT) break;
      nonces.delete(old);
    }
    if (nonces.has(nonce)) throw refuse("it was given before");
    nonces.set(nonce, nowMs + 2 * FRESH_MS);
  };

  return {
    check(command, args) {
      const read = argumentSchema.safeParse(args);
      if (!read.success) throw refuse("it is not signed");
      const { reason, delay_seconds: delaySeconds, signature } = read.data;
      const { sender, signed_at_ms: signedAtMs, nonce, value } = signature;
      const key = keys.get(sender);
      // One answer for both, so that nobody learns who is on the list.
      const text = signedText({ command, domain, channel, sender, signedAtMs, nonce, reason, delaySeconds });
      if (key === undefined || !verify(null, text, key, Buffer.from(value, "base64")))
        throw refuse("its signature is of nobody who may give it");
      // An earlier robot may have carried it out; its memory of nonces is gone.
      if (signedAtMs < builtAtMs) throw refuse("it was signed before this robot started; give it again");
      if (Math.abs(clock.now() - signedAtMs) > FRESH_MS) throw refuse("it was signed at another time than now");
      checkNonce(`${sender} ${nonce}`, clock.now());
      return { action: ACTIONS[command] ?? "shutdown", sender, reason, delayMs: delaySeconds * 1_000 };
    },
  };
}

/** A new pair of keys for an administrator, base64: the robot's configuration gets the public one. */
export function createAdminKeys(): { readonly publicKey: string; readonly privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    publicKey: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
    privateKey: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
  };
}

/** Options of {@link sendAdminCommand}. */
export interface AdminCommandOptions {
  readonly bus: CoreBus;
  readonly command: "shutdown" | "restart";
  readonly domain: string;
  readonly channel: string;
  /** The name under which the robot has the public key. */
  readonly sender: string;
  /** From {@link createAdminKeys}. */
  readonly privateKey: string;
  readonly reason?: string | undefined;
  /** 0, the default, to 300 s. */
  readonly delaySeconds?: number | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Stops or restarts a channel's robot and resolves with its answer.
 *
 * @throws BridgeError as `CoreBus.request`
 */
export async function sendAdminCommand(options: AdminCommandOptions): Promise<KrytenReply> {
  const { bus, command, domain, channel, sender, privateKey, reason = "", delaySeconds = 0, clock, signal } = options;
  const signedAtMs = Math.floor(clock.now());
  const nonce = randomUUID();
  const key = createPrivateKey({ key: Buffer.from(privateKey, "base64"), type: "pkcs8", format: "der" });
  const text = signedText({ command, domain, channel, sender, signedAtMs, nonce, reason, delaySeconds });
  const value = sign(null, text, key).toString("base64");
  const signature = { sender, signed_at_ms: signedAtMs, nonce, value };
  const args = { reason, delay_seconds: delaySeconds, signature };
  const meta = { source: sender, domain, channel, requestId: nonce, sentAtMs: signedAtMs };
  const data = await bus.request(serviceCommandSubject("robot"), encodeKrytenCommand({ command, args, ...meta }), {
    signal,
  });
  return decodeKrytenReply(data);
}

function signedText(parts: {
  readonly command: string;
  readonly domain: string;
  readonly channel: string;
  readonly sender: string;
  readonly signedAtMs: number;
  readonly nonce: string;
  readonly reason: string;
  readonly delaySeconds: number;
}): Buffer {
  const { command, domain, channel, sender, signedAtMs, nonce, reason, delaySeconds } = parts;
  return Buffer.from(
    JSON.stringify(["antiphon-admin-1", command, domain, channel, sender, signedAtMs, nonce, reason, delaySeconds]),
  );
}

function readKey(name: string, publicKey: string): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(publicKey, "base64"), type: "spki", format: "der" });
  } catch (cause) {
    throw new BridgeError("BRIDGE_CONFIG_UNREADABLE", `The public key of ${name} is none.`, { cause });
  }
}
