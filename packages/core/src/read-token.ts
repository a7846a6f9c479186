import { createSecret, type Secret } from "@antiphon/std";

/** A token as a secret, without the `Bot` that people copy along; undefined when there is none. */
export function readToken(token: string | Secret | undefined): Secret | undefined {
  const secret = typeof token === "string" ? createSecret(token.trim().replace(/^Bot\s+/i, "")) : token;
  return secret === undefined || secret.reveal() === "" ? undefined : secret;
}
