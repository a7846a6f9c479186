import { describeError } from "@antiphon/std";
import { WebSocket } from "ws";

/** Options of {@link openVoiceSocket}. */
export interface VoiceSocketOptions {
  readonly url: string;
  /** Certificates to trust instead of the usual ones, in PEM; for test servers. */
  readonly ca?: string | undefined;
  readonly onText: (text: string) => void;
  readonly onBinary: (bytes: Buffer) => void;
  /** Called once, also when the socket never opened (1006); `problem` is what the network or TLS said, if that ended it. */
  readonly onClose: (code: number, problem: string | undefined) => void;
  readonly debug: (message: string) => void;
}

/** A WebSocket to a voice server. */
export interface VoiceSocket {
  /** Sends when the socket is open; does nothing when it is not. */
  send(data: string | Uint8Array): void;
  /** Closes the socket, reporting no event any more; resolves when it is closed. */
  close(code: number): Promise<void>;
}

/** The largest message that is accepted, in bytes: a welcome for a call of some hundred members is below it. */
const MAXIMUM_MESSAGE_BYTES = 4 * 1024 * 1024;
/** How long opening may take, and a closing handshake, in milliseconds. */
const OPEN_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** Opens a WebSocket. */
export function openVoiceSocket(options: VoiceSocketOptions): VoiceSocket {
  const { url, ca, onText, onBinary, onClose, debug } = options;
  const socket = new WebSocket(url, {
    handshakeTimeout: OPEN_TIMEOUT_MS,
    maxPayload: MAXIMUM_MESSAGE_BYTES,
    perMessageDeflate: false,
    ...(ca === undefined ? {} : { ca }),
  });
  let reporting = true;
  let problem: string | undefined;

  socket.on("message", (data, isBinary) => {
    if (!reporting) return;
    // ws hands out one Buffer per message unless `binaryType` says otherwise.
    const bytes = data as Buffer;
    if (isBinary) onBinary(bytes);
    else onText(bytes.toString("utf8"));
  });
  socket.on("error", (error) => {
    problem = describeError(error);
    debug(`Voice WebSocket: ${problem}`);
  });
  socket.on("close", (code) => {
    if (reporting) onClose(code, problem);
  });

  return {
    send(data) {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
    close(code) {
      reporting = false;
      if (socket.readyState === WebSocket.CLOSED) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
        socket.once("close", () => {
          clearTimeout(timer);
          resolve();
        });
        if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
        else socket.close(code);
      });
    },
  };
}
