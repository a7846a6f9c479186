import type { LookupAddress, LookupAllOptions, LookupOptions } from "node:dns";
import type { LookupFunction } from "node:net";

/** Resolves a name to all its addresses, as `lookup` of `node:dns` does. */
export type ResolveAddresses = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** What {@link createGuardedLookup} needs. */
export interface GuardedLookupOptions {
  /** Resolves the names: `lookup` of `node:dns`, or what stands in for it. */
  readonly resolve: ResolveAddresses;
  /** Whether an IP address may be connected to, such as {@link isPublicAddress}. */
  readonly isAllowed: (ipAddress: string) => boolean;
  /** Builds the error for a name none of whose addresses is allowed. */
  readonly refuse: (host: string) => Error;
}

/**
 * Builds the `lookup` option of a socket that hands out allowed addresses only. What it hands out is what is connected to: a name cannot
 * change its mind after the check (DNS rebinding). A host that is an IP address already is never looked up, so check that before.
 */
export function createGuardedLookup({ resolve, isAllowed, refuse }: GuardedLookupOptions): LookupFunction {
  return (host: string, options: LookupOptions, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "");
      const allowed = addresses.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (first === undefined) return callback(refuse(host), "");
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
