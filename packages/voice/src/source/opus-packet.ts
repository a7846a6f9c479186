/** The frames of an Opus packet, each as a packet of its own. */
export interface OpusPacketFrames {
  /** How long each frame lasts: 2.5, 5, 10, 20, 40 or 60 ms. */
  readonly frameMs: number;
  /** One packet of code 0 per frame. */
  readonly packets: readonly Uint8Array[];
}

/** The duration of a frame by the packet's configuration number. @see RFC 6716, table 2 */
function configurationMs(configuration: number): number {
  if (configuration < 12) return [10, 20, 40, 60][configuration % 4] ?? 0;
  if (configuration < 16) return [10, 20][configuration % 2] ?? 0;
  return [2.5, 5, 10, 20][configuration % 4] ?? 0;
}

/** A frame's length in one or two bytes at an offset, and how many bytes that took. */
function readLength(packet: Uint8Array, offset: number): { lengthBytes: number; codedIn: number } | undefined {
  const first = packet[offset];
  if (first === undefined) return undefined;
  if (first < 252) return { lengthBytes: first, codedIn: 1 };
  const second = packet[offset + 1];
  return second === undefined ? undefined : { lengthBytes: second * 4 + first, codedIn: 2 };
}

/** Where a packet's frames lie, or undefined where it is malformed. */
function frameRanges(packet: Uint8Array): readonly (readonly [number, number])[] | undefined {
  const end = packet.length;
  switch ((packet[0] ?? 0) & 3) {
    case 0:
      return [[1, end]];
    case 1: {
      const middle = 1 + (end - 1) / 2;
      return Number.isInteger(middle)
        ? [
            [1, middle],
            [middle, end],
          ]
        : undefined;
    }
    case 2: {
      const first = readLength(packet, 1);
      if (first === undefined) return undefined;
      const start = 1 + first.codedIn;
      return start + first.lengthBytes > end
        ? undefined
        : [
            [start, start + first.lengthBytes],
            [start + first.lengthBytes, end],
          ];
    }
    default:
      return countedFrameRanges(packet);
  }
}

/** Code 3: a count, optional padding, and lengths unless all frames are of one size. */
function countedFrameRanges(packet: Uint8Array): readonly (readonly [number, number])[] | undefined {
  const head = packet[1] ?? 0;
  const count = head & 0x3f;
  let offset = 2;
  let end = packet.length;
  if ((head & 0x40) !== 0) {
    for (let more = true; more; offset++) {
      const padding = packet[offset];
      if (padding === undefined) return undefined;
      more = padding === 255;
      end -= more ? 254 : padding;
    }
  }
  const lengths: number[] = [];
  if ((head & 0x80) !== 0) {
    for (let index = 1; index < count; index++) {
      const length = readLength(packet, offset);
      if (length === undefined) return undefined;
      lengths.push(length.lengthBytes);
      offset += length.codedIn;
    }
    lengths.push(end - offset - lengths.reduce((sum, length) => sum + length, 0));
  } else {
    for (let index = 0; index < count; index++) lengths.push((end - offset) / count);
  }
  if (count === 0 || lengths.some((length) => length < 0 || !Number.isInteger(length))) return undefined;
  return lengths.map((length) => [offset, (offset += length)] as const);
}

/** Takes a packet apart into its frames; undefined where it is malformed. @see RFC 6716, section 3.2 */
export function splitOpusPacket(packet: Uint8Array): OpusPacketFrames | undefined {
  const toc = packet[0];
  const ranges = toc === undefined ? undefined : frameRanges(packet);
  if (toc === undefined || ranges === undefined) return undefined;
  const packets = ranges.map(([start, end]) => {
    const single = new Uint8Array(1 + end - start);
    single[0] = toc & 0xfc;
    single.set(packet.subarray(start, end), 1);
    return single;
  });
  return { frameMs: configurationMs(toc >> 3), packets };
}
