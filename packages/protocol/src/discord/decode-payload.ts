import { AntiphonError } from "@antiphon/std";
import type { z } from "zod";

/** What can be wrong with what Discord sent. */
export type ProtocolErrorCode = "PROTOCOL_INVALID_PAYLOAD";

/** A payload of the wire that is not as documented. */
export class ProtocolError extends AntiphonError<ProtocolErrorCode> {}

/**
 * Checks a payload of the wire against its schema.
 *
 * @throws ProtocolError PROTOCOL_INVALID_PAYLOAD, whose `details.path` names the first wrong field and `details.issues` all of them
 */
export function decodePayload<Value>(schema: z.ZodType<Value>, payload: unknown, name: string): Value {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const problem = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
  throw new ProtocolError("PROTOCOL_INVALID_PAYLOAD", `${name} is not as documented: ${problem}`, {
    details: { payload: name, path: issues[0]?.path, issues },
  });
}
