import { LavalinkError } from "./error.ts";

/** Where a Lavalink node is. */
export interface NodeAddress {
  /** What it is called in events and errors. Defaults to `host:port`. */
  readonly name?: string;
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Whether it speaks TLS. Defaults to false. */
  readonly secure?: boolean;
  /** Where it stands, in your own words; `join({ region })` prefers the nodes of a region. */
  readonly region?: string;
  /** Nodes of a higher priority are used as long as one of them is ready. Defaults to 0. */
  readonly priority?: number;
}

/** What a node is called. */
export function nodeNameOf({ name, host, port }: NodeAddress): string {
  return name ?? `${host}:${port}`;
}

/** A host's name or address; no scheme, port or path, which would go unnoticed into every URL. */
const HOST = /^(?:[\p{L}\p{N}._-]+|[\da-f:.%]+)$/iu;

/** Throws `LAVALINK_INVALID_ARGUMENT` when there are no nodes, one of them cannot be an address, or two have one name. */
export function checkNodeAddresses(nodes: readonly NodeAddress[]): void {
  const reject = (problem: string): never => {
    throw new LavalinkError("LAVALINK_INVALID_ARGUMENT", `createLavalink: ${problem}`);
  };
  if (nodes.length === 0) reject("nodes is empty. Name at least one.");
  const names = new Set<string>();
  for (const [index, node] of nodes.entries()) {
    const { host, port } = node;
    if (!HOST.test(host))
      reject(
        `nodes[${index}].host is ${JSON.stringify(host)}. Give a host's name or address alone, such as "127.0.0.1".`,
      );
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      reject(`nodes[${index}].port is ${JSON.stringify(port)}, which is not a port. Use 1 to 65535.`);
    const name = nodeNameOf(node);
    if (names.has(name)) reject(`two nodes are called "${name}". Give each a name of its own.`);
    names.add(name);
  }
}
