import { BridgeError } from "../error.ts";

/**
 * Checks the name of a durable subscription.
 *
 * @throws BridgeError BRIDGE_INVALID_KEY
 */
export function checkDurable(durable: string | undefined): void {
  if (durable === undefined || /^[\w-]{1,100}$/.test(durable)) return;
  throw new BridgeError(
    "BRIDGE_INVALID_KEY",
    `${JSON.stringify(durable.slice(0, 200))} is no durable name: use letters, digits, dashes and underscores.`,
  );
}
