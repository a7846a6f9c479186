import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { VOICE_GATEWAY_VERSION, VoiceOpcode, type EncryptionMode } from "@antiphon/protocol/voice";
import type { Clock, Timer } from "@antiphon/std";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { SelfSignedCertificate } from "./certificate.ts";
import { ClientFrameError, decodeClientMessage, type ClientFrame } from "./client-frame.ts";
import { TlsDecodeError } from "./dave/tls-codec.ts";
import type { VoiceRoom } from "./voice-room.ts";
import { closeWith, sendOn, sendUnnumbered, type VoiceSession } from "./voice-session.ts";

type Frame<Type extends ClientFrame["type"]> = Extract<ClientFrame, { readonly type: Type }>;

/** A session together with the room that it is in. */
export interface Seat {
  readonly session: VoiceSession;
  readonly room: VoiceRoom;
}

/** Who decides about sessions; the gateway only speaks for them. Methods throw ClientFrameError to close the socket. */
export interface VoiceGatewayHost {
  /** Begins a session, or refuses. */
  identify(frame: Frame<"identify">): Seat;
  /** Finds the session to go on with, or refuses. */
  resume(frame: Frame<"resume">): Seat;
  /** A client has all it needs for media. */
  connected(seat: Seat): void;
  /** A client sent op 5. */
  speaking(seat: Seat, flags: number): void;
}

/** Options of {@link openVoiceGateway}. */
export interface VoiceGatewayOptions {
  readonly certificate: SelfSignedCertificate;
  readonly clock: Clock;
  readonly heartbeatIntervalMs: number;
  readonly modes: readonly EncryptionMode[];
  /** The UDP port that READY names. */
  readonly mediaPort: number;
  readonly host: VoiceGatewayHost;
}

/** The voice server's WebSocket side. */
export interface VoiceGateway {
  readonly port: number;
  /** Open sockets, identified or not. */
  readonly socketCount: number;
  close(): Promise<void>;
}

const CLOSE = {
  notAuthenticated: 4003,
  alreadyAuthenticated: 4005,
  timedOut: 4009,
  unknownProtocol: 4012,
  unknownMode: 4016,
  badRequest: 4020,
} as const;

/** The largest message of a client: a commit and its welcome in a group of hundreds stay below. */
const MAXIMUM_MESSAGE_BYTES = 1024 * 1024;
/** How many heartbeat intervals may pass in silence. */
const HEARTBEAT_PATIENCE = 3;

/** The clients' own normal closes end the session; everything else may be followed by a resume. */
function endsSession(closeCode: number): boolean {
  return closeCode === 1000 || closeCode === 1001;
}

function serveSocket(socket: WebSocket, options: VoiceGatewayOptions): void {
  const { clock, heartbeatIntervalMs, modes, mediaPort, host } = options;
  let seat: Seat | null = null;
  let deadline: Timer | null = null;

  const awaitHeartbeat = () => {
    deadline?.cancel();
    deadline = clock.setTimer(heartbeatIntervalMs * HEARTBEAT_PATIENCE, () => {
      if (seat?.session.socket === socket) seat.session.end(CLOSE.timedOut);
      else closeWith(socket, CLOSE.timedOut);
    });
  };
  const identify = (frame: Frame<"identify">) => {
    if (seat !== null) throw new ClientFrameError(CLOSE.alreadyAuthenticated, "the client identified twice");
    seat = host.identify(frame);
    const { session, room } = seat;
    session.attach(socket);
    session.send(VoiceOpcode.Ready, {
      ssrc: session.ssrc,
      ip: "127.0.0.1",
      port: mediaPort,
      modes,
      // Discord sends this too and documents it as a mistake; HELLO has the true one.
      heartbeat_interval: 1,
    });
    room.add(session);
  };
  const resume = (frame: Frame<"resume">) => {
    if (seat !== null) throw new ClientFrameError(CLOSE.alreadyAuthenticated, "the client resumed after it identified");
    seat = host.resume(frame);
    const missed = seat.session.missedSince(frame.sequenceAck) ?? [];
    seat.session.attach(socket);
    sendUnnumbered(socket, VoiceOpcode.Resumed, null);
    for (const message of missed) sendOn(socket, message);
  };
  const selectProtocol = ({ session, room }: Seat, frame: Frame<"selectProtocol">) => {
    if (frame.protocol !== "udp")
      throw new ClientFrameError(CLOSE.unknownProtocol, `protocol "${frame.protocol}" is unknown`);
    const mode = modes.find((offered) => offered === frame.mode);
    if (mode === undefined) throw new ClientFrameError(CLOSE.unknownMode, `mode "${frame.mode}" was not offered`);
    if (session.transport !== null)
      throw new ClientFrameError(CLOSE.badRequest, "the client selected a protocol twice");
    const { secretKey } = session.selectTransport({ address: frame.address, port: frame.port, mode });
    session.send(VoiceOpcode.SessionDescription, {
      mode,
      secret_key: [...secretKey],
      dave_protocol_version: room.dave?.protocolVersion ?? 0,
    });
    host.connected({ session, room });
  };
  const member = (frame: ClientFrame): Seat => {
    if (seat !== null) return seat;
    throw new ClientFrameError(CLOSE.notAuthenticated, `the client sent "${frame.type}" before it identified`);
  };

  const handle = (frame: ClientFrame) => {
    switch (frame.type) {
      case "heartbeat":
        awaitHeartbeat();
        if (frame.sequenceAck !== -1) seat?.session.acknowledge(frame.sequenceAck);
        return sendUnnumbered(socket, VoiceOpcode.HeartbeatAck, { t: frame.nonce });
      case "identify":
        return identify(frame);
      case "resume":
        return resume(frame);
      case "selectProtocol":
        return selectProtocol(member(frame), frame);
      case "speaking":
        return host.speaking(member(frame), frame.flags);
      case "transitionReady": {
        const { session, room } = member(frame);
        return room.dave?.transitionReady(session.identity.userId, frame.transitionId);
      }
      case "invalidCommitWelcome": {
        const { session, room } = member(frame);
        return room.dave?.invalidCommitWelcome(session.identity.userId);
      }
      case "keyPackage":
      case "commitWelcome": {
        const { session, room } = member(frame);
        return room.dave?.[frame.type](session.identity.userId, frame.payload);
      }
      case "ignored":
        return;
    }
  };
  const refuse = (error: unknown) => {
    const code =
      error instanceof ClientFrameError ? error.closeCode : error instanceof TlsDecodeError ? CLOSE.badRequest : null;
    if (code === null) throw error;
    if (seat?.session.socket === socket) seat.session.end(code);
    else closeWith(socket, code);
  };

  socket.on("message", (data: RawData, isBinary) => {
    // ws gives one Buffer per message unless told otherwise.
    if (socket.readyState !== socket.OPEN || !Buffer.isBuffer(data)) return;
    try {
      handle(decodeClientMessage(data, isBinary));
    } catch (error) {
      refuse(error);
    }
  });
  socket.on("close", (code) => {
    deadline?.cancel();
    if (seat?.session.socket !== socket) return;
    if (endsSession(code)) seat.session.end(code);
    else seat.session.detach(socket);
  });
  // A broken socket closes right after; nothing else can be done about it.
  socket.on("error", () => socket.terminate());
  sendUnnumbered(socket, VoiceOpcode.Hello, { v: VOICE_GATEWAY_VERSION, heartbeat_interval: heartbeatIntervalMs });
  awaitHeartbeat();
}

/** Opens a {@link VoiceGateway} on 127.0.0.1. */
export async function openVoiceGateway(options: VoiceGatewayOptions): Promise<VoiceGateway> {
  const { privateKeyPem, certificatePem } = options.certificate;
  const server = createServer({ key: privateKeyPem, cert: certificatePem });
  const sockets = new WebSocketServer({ server, maxPayload: MAXIMUM_MESSAGE_BYTES });
  let closing: Promise<unknown> | null = null;

  sockets.on("connection", (socket, request) => {
    const version = new URL(request.url ?? "/", "wss://localhost").searchParams.get("v");
    if (version === String(VOICE_GATEWAY_VERSION)) serveSocket(socket, options);
    else closeWith(socket, CLOSE.badRequest);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    port: (server.address() as AddressInfo).port,
    get socketCount() {
      return sockets.clients.size;
    },
    async close() {
      if (closing === null) {
        for (const socket of sockets.clients) socket.terminate();
        sockets.close();
        server.closeAllConnections();
        closing = once(server.close(), "close");
      }
      await closing;
    },
  };
}
