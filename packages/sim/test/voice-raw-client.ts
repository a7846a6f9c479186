import { createCipheriv, createDecipheriv } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import type { VoiceSimulator } from "@antiphon/sim/voice";
import sodium from "libsodium-wrappers";
import { WebSocket } from "ws";

export const guildId = "800000000000000001" as GuildId;
export const channelId = "900000000000000001" as ChannelId;

/** A message of the voice gateway, JSON or binary. */
export interface RawMessage {
  readonly op: number;
  readonly d: Record<string, unknown>;
  readonly seq: number | undefined;
  readonly payload: Buffer | undefined;
}

/** A voice gateway client that does nothing on its own. */
export interface RawClient {
  readonly socket: WebSocket;
  /** Everything received so far and not yet taken. */
  readonly received: RawMessage[];
  send(op: number, d: unknown): void;
  sendBytes(bytes: Uint8Array): void;
  /** Takes messages until one has this opcode. */
  next(op: number): Promise<RawMessage>;
  /** The code that the server closes with. */
  readonly closed: Promise<number>;
}

function parse(data: Buffer, isBinary: boolean): RawMessage {
  if (!isBinary) return { payload: undefined, seq: undefined, ...JSON.parse(data.toString()) } as RawMessage;
  return { op: data.readUInt8(2), d: {}, seq: data.readUInt16BE(), payload: data.subarray(3) };
}

/** Opens a socket to a simulator. */
export function connectRaw(simulator: VoiceSimulator, query = "?v=8"): RawClient {
  const socket = new WebSocket(`wss://${simulator.endpoint}${query}`, { ca: simulator.certificatePem });
  const received: RawMessage[] = [];
  let wake = () => {};
  socket.on("message", (data, isBinary) => {
    received.push(parse(data as Buffer, isBinary));
    wake();
  });
  return {
    socket,
    received,
    send: (op, d) => socket.send(JSON.stringify({ op, d })),
    sendBytes: (bytes) => socket.send(bytes),
    async next(op) {
      for (;;) {
        for (let message = received.shift(); message !== undefined; message = received.shift()) {
          if (message.op === op) return message;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    closed: new Promise((resolve) => socket.once("close", resolve)),
  };
}

/** What IDENTIFY needs. */
export interface RawCredentials {
  readonly server_id: string;
  readonly user_id: string;
  readonly session_id: string;
  readonly token: string;
  readonly max_dave_protocol_version: number;
}

/** Admits a user to the channel. */
export function allocate(simulator: VoiceSimulator, userId: string): RawCredentials {
  const sessionId = `session of ${userId}`;
  const { token } = simulator.allocate({ guildId, channelId, userId: userId, sessionId });
  return { server_id: guildId, user_id: userId, session_id: sessionId, token, max_dave_protocol_version: 1 };
}

/** A client with media, as far as SESSION DESCRIPTION. */
export interface RawMember extends RawClient {
  readonly credentials: RawCredentials;
  readonly ssrc: number;
  readonly udp: Socket;
  readonly secretKey: Buffer;
  sendDatagram(bytes: Uint8Array): void;
  nextDatagram(): Promise<Buffer>;
  /** Closes both sockets. */
  close(): Promise<void>;
}

/** Joins the channel and selects a mode. */
export async function joinRaw(
  simulator: VoiceSimulator,
  userId: string,
  mode = "aead_xchacha20_poly1305_rtpsize",
): Promise<RawMember> {
  const credentials = allocate(simulator, userId);
  const client = connectRaw(simulator);
  await client.next(8);
  client.send(0, credentials);
  const { ssrc, ip, port } = (await client.next(2)).d as { ssrc: number; ip: string; port: number };
  const udp = createSocket("udp4");
  const datagrams: Buffer[] = [];
  let wake = () => {};
  udp.on("message", (datagram) => {
    datagrams.push(datagram);
    wake();
  });
  udp.bind(0, "127.0.0.1");
  await once(udp, "listening");
  client.send(1, { protocol: "udp", data: { address: "127.0.0.1", port: udp.address().port, mode } });
  const description = (await client.next(4)).d;
  return {
    ...client,
    credentials,
    ssrc,
    udp,
    secretKey: Buffer.from(description["secret_key"] as number[]),
    sendDatagram: (bytes) => udp.send(bytes, port, ip),
    async nextDatagram() {
      while (datagrams.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return datagrams.shift() as Buffer;
    },
    async close() {
      client.socket.terminate();
      udp.close();
      await once(udp, "close");
    },
  };
}

/** Seals a packet as a client does: the given clear header, then ciphertext, tag and nonce. */
export function seal(mode: string, key: Buffer, header: Buffer, plaintext: Buffer, counter: number): Buffer {
  const suffix = Buffer.alloc(4);
  suffix.writeUInt32BE(counter);
  if (mode === "aead_aes256_gcm_rtpsize") {
    const cipher = createCipheriv("aes-256-gcm", key, Buffer.concat([suffix, Buffer.alloc(8)])).setAAD(header);
    return Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag(), suffix]);
  }
  const nonce = Buffer.concat([suffix, Buffer.alloc(20)]);
  const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, header, null, nonce, key);
  return Buffer.concat([header, sealed, suffix]);
}

/** Opens a packet whose clear header has a known length; throws when it was not sealed with this key. */
export function open(mode: string, key: Buffer, packet: Buffer, clearBytes: number): Buffer {
  const header = packet.subarray(0, clearBytes);
  const sealed = packet.subarray(clearBytes, -4);
  const suffix = packet.subarray(-4);
  if (mode === "aead_aes256_gcm_rtpsize") {
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.concat([suffix, Buffer.alloc(8)]));
    decipher.setAAD(header).setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  }
  const nonce = Buffer.concat([suffix, Buffer.alloc(20)]);
  return Buffer.from(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, header, nonce, key));
}
