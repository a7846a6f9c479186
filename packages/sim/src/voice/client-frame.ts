import { VoiceOpcode, decodeClientFrame } from "@antiphon/protocol/voice";

/** A client's message that does not deserve an answer, and the code to close with. */
export class ClientFrameError extends Error {
  readonly closeCode: number;

  constructor(closeCode: number, message: string) {
    super(message);
    this.closeCode = closeCode;
  }
}

/** What a client says to the voice gateway. */
export type ClientFrame =
  | {
      readonly type: "identify";
      readonly guildId: string;
      readonly userId: string;
      readonly sessionId: string;
      readonly token: string;
      readonly maxDaveProtocolVersion: number;
    }
  | {
      readonly type: "resume";
      readonly guildId: string;
      readonly sessionId: string;
      readonly token: string;
      readonly sequenceAck: number;
    }
  | {
      readonly type: "selectProtocol";
      readonly protocol: string;
      readonly address: string;
      readonly port: number;
      readonly mode: string;
    }
  | { readonly type: "heartbeat"; readonly nonce: number; readonly sequenceAck: number }
  | { readonly type: "speaking"; readonly flags: number }
  | { readonly type: "transitionReady"; readonly transitionId: number }
  | { readonly type: "invalidCommitWelcome" }
  | { readonly type: "keyPackage" | "commitWelcome"; readonly payload: Buffer }
  /** Clients send some undocumented opcodes, which mean nothing here. */
  | { readonly type: "ignored" };

/** Video, SessionUpdate, MediaSinkWants, VoiceBackendVersion, ClientFlags, ClientPlatform. */
const IGNORED_OPCODES: ReadonlySet<unknown> = new Set([12, 14, 15, 16, 18, 20]);
const UNKNOWN_OPCODE = 4001;
const DECODE_ERROR = 4002;

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ClientFrameError(DECODE_ERROR, `${what} is not an object`);
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  throw new ClientFrameError(DECODE_ERROR, `"${name}" is not a text`);
}

function integer(fields: Fields, name: string, minimum: number, maximum: number): number {
  const value = fields[name];
  if (Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum) return value as number;
  throw new ClientFrameError(DECODE_ERROR, `"${name}" is not a whole number from ${minimum} to ${maximum}`);
}

const sequenceAck = (fields: Fields) => integer(fields, "seq_ack", -1, 0xffff);
const transitionId = (fields: Fields) => integer(fields, "transition_id", 0, 0xffff);

const decoders: ReadonlyMap<unknown, (fields: Fields) => ClientFrame> = new Map<
  unknown,
  (fields: Fields) => ClientFrame
>([
  [
    VoiceOpcode.Identify,
    (fields) => ({
      type: "identify",
      guildId: text(fields, "server_id"),
      userId: text(fields, "user_id"),
      sessionId: text(fields, "session_id"),
      token: text(fields, "token"),
      // Absent on clients from before DAVE.
      maxDaveProtocolVersion:
        fields["max_dave_protocol_version"] === undefined ? 0 : integer(fields, "max_dave_protocol_version", 0, 0xffff),
    }),
  ],
  [
    VoiceOpcode.Resume,
    (fields) => ({
      type: "resume",
      guildId: text(fields, "server_id"),
      sessionId: text(fields, "session_id"),
      token: text(fields, "token"),
      sequenceAck: sequenceAck(fields),
    }),
  ],
  [
    VoiceOpcode.SelectProtocol,
    (fields) => {
      const data = fieldsOf(fields["data"], `"data"`);
      return {
        type: "selectProtocol",
        protocol: text(fields, "protocol"),
        address: text(data, "address"),
        port: integer(data, "port", 1, 0xffff),
        mode: text(data, "mode"),
      };
    },
  ],
  [
    VoiceOpcode.Heartbeat,
    (fields) => ({
      type: "heartbeat",
      nonce: integer(fields, "t", 0, Number.MAX_SAFE_INTEGER),
      sequenceAck: sequenceAck(fields),
    }),
  ],
  [VoiceOpcode.Speaking, (fields) => ({ type: "speaking", flags: integer(fields, "speaking", 0, 0xff) })],
  [VoiceOpcode.DaveTransitionReady, (fields) => ({ type: "transitionReady", transitionId: transitionId(fields) })],
  [
    VoiceOpcode.MlsInvalidCommitWelcome,
    (fields) => {
      transitionId(fields);
      return { type: "invalidCommitWelcome" };
    },
  ],
]);

function decodeText(bytes: Buffer): ClientFrame {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new ClientFrameError(DECODE_ERROR, "the message is not JSON");
  }
  const { op, d } = fieldsOf(json, "the message");
  if (IGNORED_OPCODES.has(op)) return { type: "ignored" };
  const decode = decoders.get(op);
  if (decode === undefined) throw new ClientFrameError(UNKNOWN_OPCODE, `opcode ${String(op)} is unknown`);
  return decode(fieldsOf(d, `"d"`));
}

function decodeBinary(bytes: Buffer): ClientFrame {
  const frame = decodeClientFrame(bytes);
  if (frame === null) throw new ClientFrameError(DECODE_ERROR, "the binary message is empty");
  const payload = Buffer.from(frame.payload);
  if (frame.op === VoiceOpcode.MlsKeyPackage) return { type: "keyPackage", payload };
  if (frame.op === VoiceOpcode.MlsCommitWelcome) return { type: "commitWelcome", payload };
  throw new ClientFrameError(UNKNOWN_OPCODE, `binary opcode ${frame.op} is unknown`);
}

/**
 * Decodes a message of a client.
 *
 * @throws ClientFrameError with the close code that Discord would answer.
 */
export function decodeClientMessage(bytes: Buffer, isBinary: boolean): ClientFrame {
  return isBinary ? decodeBinary(bytes) : decodeText(bytes);
}
