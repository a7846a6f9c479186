import { z } from "zod";
import { KrytenError } from "./error.ts";
import { decodeJsonBytes, encodeJsonBytes } from "./json-bytes.ts";

/** A service's answer as it is on the wire. `error` is a sentence; `code` is ours, other services send none. */
export const krytenReplySchema = z.looseObject({
  service: z.string().optional(),
  command: z.string().optional(),
  success: z.boolean(),
  data: z.unknown().optional(),
  error: z.string().optional(),
  code: z.string().optional(),
});

/** A service's answer, with one meaning of success. */
export type KrytenReply =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: string; readonly code: string | undefined };

const innerFailure = z.looseObject({ success: z.literal(false), error: z.string().optional() });

/**
 * Reads an answer. kryten-robot says `success: true` outside when its handler returned, even if the handler's own answer inside
 * says that it failed; here both must be true.
 *
 * @throws KrytenError KRYTEN_MESSAGE_INVALID when the bytes are no answer
 */
export function decodeKrytenReply(data: Uint8Array): KrytenReply {
  const read = krytenReplySchema.safeParse(decodeJsonBytes(data));
  if (!read.success)
    throw new KrytenError("KRYTEN_MESSAGE_INVALID", `This is no reply: ${z.prettifyError(read.error)}`);
  const { success, data: value, error, code } = read.data;
  if (!success) return { ok: false, error: error ?? "The service gave no reason.", code };
  const inner = innerFailure.safeParse(value);
  if (inner.success) return { ok: false, error: inner.data.error ?? "The service gave no reason.", code };
  return { ok: true, data: value };
}

/** The bytes of an answer, its keys in the order of kryten-robot. */
export function encodeKrytenReply(service: string, command: string, reply: KrytenReply): Uint8Array {
  const { ok, ...rest } = reply;
  return encodeJsonBytes({ service, command, success: ok, ...rest });
}
