/** The size of an IP discovery packet, request or response, in bytes. */
export const IP_DISCOVERY_BYTES = 74;

const REQUEST = 1;
const RESPONSE = 2;
const BODY_BYTES = 70;
const ADDRESS_OFFSET = 8;
const ADDRESS_BYTES = 64;
const PORT_OFFSET = ADDRESS_OFFSET + ADDRESS_BYTES;

/** An address as the voice server sees it. */
export interface DiscoveredAddress {
  /** An IPv4 address in dotted notation. */
  readonly address: string;
  readonly port: number;
}

function packet(type: number, ssrc: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(IP_DISCOVERY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, type);
  view.setUint16(2, BODY_BYTES);
  view.setUint32(4, ssrc);
  return { bytes, view };
}

function typeOf(bytes: Uint8Array): number | null {
  if (bytes.length !== IP_DISCOVERY_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint16(2) === BODY_BYTES ? view.getUint16(0) : null;
}

/** The packet that asks the voice server for our public address. @see [Discord Docs/Voice Connections], "IP Discovery" */
export function encodeDiscoveryRequest(ssrc: number): Uint8Array {
  return packet(REQUEST, ssrc).bytes;
}

/** The SSRC of a request, or null when the bytes are something else. */
export function decodeDiscoveryRequest(bytes: Uint8Array): { readonly ssrc: number } | null {
  if (typeOf(bytes) !== REQUEST) return null;
  return { ssrc: new DataView(bytes.buffer, bytes.byteOffset).getUint32(4) };
}

/** The packet with which a voice server answers. */
export function encodeDiscoveryResponse(ssrc: number, { address, port }: DiscoveredAddress): Uint8Array {
  const { bytes, view } = packet(RESPONSE, ssrc);
  // One byte is left for the terminating NUL.
  new TextEncoder().encodeInto(address, bytes.subarray(ADDRESS_OFFSET, PORT_OFFSET - 1));
  view.setUint16(PORT_OFFSET, port);
  return bytes;
}

/** The address in a response, or null when the bytes are something else or hold no IPv4 address and port. */
export function decodeDiscoveryResponse(bytes: Uint8Array): (DiscoveredAddress & { readonly ssrc: number }) | null {
  if (typeOf(bytes) !== RESPONSE) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const field = bytes.subarray(ADDRESS_OFFSET, PORT_OFFSET);
  const end = field.indexOf(0);
  const address = String.fromCharCode(...field.subarray(0, end === -1 ? field.length : end));
  const parts = address.split(".");
  const isIpv4 = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  const port = view.getUint16(PORT_OFFSET);
  return isIpv4 && port !== 0 ? { ssrc: view.getUint32(4), address, port } : null;
}
