/** Stands for the missing code of a close frame; never sent. */
const NO_CLOSE_CODE = 1005;
/** Of the codes that the RFC defines, these stand for what cannot be sent. */
const LOCAL_CODES: ReadonlySet<number> = new Set([1004, NO_CLOSE_CODE, 1006]);

function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1014 && !LOCAL_CODES.has(code)) || (code >= 3000 && code <= 4999);
}

/** What a close frame says; undefined when it says it wrongly. @see RFC 6455, section 7.4 */
export function readClosePayload(
  payload: Buffer,
): { readonly code: number; readonly reason: string | undefined } | undefined {
  if (payload.length === 0) return { code: NO_CLOSE_CODE, reason: undefined };
  const code = payload.length === 1 ? 0 : payload.readUInt16BE(0);
  return isSendable(code) ? { code, reason: payload.toString("utf8", 2) || undefined } : undefined;
}

/** The payload of a close frame without a reason. */
export function encodeClosePayload(code: number): Uint8Array {
  return Uint8Array.of(code >> 8, code & 0xff);
}
