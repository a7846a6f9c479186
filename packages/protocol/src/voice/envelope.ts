import { z } from "zod";
import { VoiceOpcode } from "./opcode.ts";

const id = z.string().regex(/^\d{1,20}$/);
const uint16 = z.number().int().min(0).max(0xffff);
const uint32 = z.number().int().min(0).max(0xffff_ffff);

const messages = {
  [VoiceOpcode.Hello]: z.looseObject({ heartbeat_interval: z.number().positive().max(3_600_000) }),
  [VoiceOpcode.Ready]: z.looseObject({
    ssrc: uint32,
    ip: z.string(),
    port: z.number().int().min(1).max(0xffff),
    modes: z.array(z.string()),
  }),
  [VoiceOpcode.SessionDescription]: z.looseObject({
    mode: z.string(),
    secret_key: z.array(z.number().int().min(0).max(255)).length(32),
    dave_protocol_version: z.number().int().min(0).default(0),
  }),
  [VoiceOpcode.Speaking]: z.looseObject({ user_id: id, ssrc: uint32, speaking: z.number().int().default(0) }),
  [VoiceOpcode.HeartbeatAck]: z.looseObject({ t: z.number() }),
  [VoiceOpcode.Resumed]: z.null().or(z.looseObject({})),
  [VoiceOpcode.ClientsConnect]: z.looseObject({ user_ids: z.array(id) }),
  [VoiceOpcode.ClientDisconnect]: z.looseObject({ user_id: id }),
  [VoiceOpcode.DavePrepareTransition]: z.looseObject({ protocol_version: uint16, transition_id: uint16 }),
  [VoiceOpcode.DaveExecuteTransition]: z.looseObject({ transition_id: uint16 }),
  [VoiceOpcode.DavePrepareEpoch]: z.looseObject({ protocol_version: uint16, epoch: z.number().int().min(0) }),
};

/** A JSON message that a voice server sends, as it is on the wire. */
export type VoiceServerMessage = {
  [Op in keyof typeof messages]: { readonly op: Op; readonly d: z.output<(typeof messages)[Op]> };
}[keyof typeof messages];

/** The message of one opcode. */
export type VoiceServerMessageOf<Op extends VoiceServerMessage["op"]> = Extract<VoiceServerMessage, { op: Op }>;

/** A JSON message that a client sends, as it is on the wire. */
export type VoiceClientMessage =
  | {
      readonly op: typeof VoiceOpcode.Identify;
      readonly d: {
        readonly server_id: string;
        readonly user_id: string;
        readonly session_id: string;
        readonly token: string;
        readonly max_dave_protocol_version: number;
      };
    }
  | {
      readonly op: typeof VoiceOpcode.SelectProtocol;
      readonly d: {
        readonly protocol: "udp";
        readonly data: { readonly address: string; readonly port: number; readonly mode: string };
      };
    }
  | { readonly op: typeof VoiceOpcode.Heartbeat; readonly d: { readonly t: number; readonly seq_ack: number } }
  | {
      readonly op: typeof VoiceOpcode.Speaking;
      readonly d: { readonly speaking: number; readonly delay: number; readonly ssrc: number };
    }
  | {
      readonly op: typeof VoiceOpcode.Resume;
      readonly d: {
        readonly server_id: string;
        readonly session_id: string;
        readonly token: string;
        readonly seq_ack: number;
      };
    }
  | { readonly op: typeof VoiceOpcode.DaveTransitionReady; readonly d: { readonly transition_id: number } }
  | { readonly op: typeof VoiceOpcode.MlsInvalidCommitWelcome; readonly d: { readonly transition_id: number } };

/** What a text frame of the voice gateway holds. */
export interface VoiceServerText {
  /** The number to acknowledge with `seq_ack`; undefined on messages that are never replayed. Zero is a number like any other. */
  readonly sequence: number | undefined;
  /** Undefined for opcodes that we do not know, which are to be ignored. */
  readonly message: VoiceServerMessage | undefined;
}

const envelope = z.looseObject({
  op: z.number().int(),
  d: z.unknown().optional(),
  seq: z.number().int().min(0).optional(),
});

/** Decodes a text frame of a voice server; null when it is not a voice message, or one that lacks what its opcode promises. */
export function decodeVoiceServerText(text: string): VoiceServerText | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const outer = envelope.safeParse(json);
  if (!outer.success) return null;
  const { op, d, seq: sequence } = outer.data;
  if (!(op in messages)) return { sequence, message: undefined };
  const data = messages[op as keyof typeof messages].safeParse(d ?? null);
  return data.success ? { sequence, message: { op, d: data.data } as VoiceServerMessage } : null;
}
