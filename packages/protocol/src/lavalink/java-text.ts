/**
 * Java's modified UTF-8, as `DataOutputStream.writeUTF` has it: U+0000 is two bytes, and a character beyond U+FFFF is its two
 * surrogates in three bytes each.
 *
 * @see "Modified UTF-8", java.io.DataInput, Java SE API
 */

/** How many bytes a text takes in modified UTF-8. */
export function javaTextSizeBytes(text: string): number {
  let sizeBytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) sizeBytes += unit < 0x800 ? 1 : 2;
    else if (unit === 0) sizeBytes++;
  }
  return sizeBytes;
}

/** Writes a text of `sizeBytes` bytes (see {@link javaTextSizeBytes}) at `offset` and gives the offset after it. */
export function writeJavaText(buffer: Buffer, offset: number, text: string, sizeBytes: number): number {
  if (sizeBytes === text.length) return offset + buffer.write(text, offset, sizeBytes, "latin1");
  let at = offset;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 1 && unit < 0x80) {
      buffer[at++] = unit;
    } else if (unit < 0x800) {
      buffer[at++] = 0xc0 | (unit >> 6);
      buffer[at++] = 0x80 | (unit & 0x3f);
    } else {
      buffer[at++] = 0xe0 | (unit >> 12);
      buffer[at++] = 0x80 | ((unit >> 6) & 0x3f);
      buffer[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

/** Whether all bytes from `start` to `end` are ASCII, so that Latin-1 reads them right. */
export function isAscii(buffer: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if ((buffer[index] as number) >= 0x80) return false;
  }
  return true;
}

/** How many units go into one String.fromCharCode call: far below every engine's limit on arguments. */
const UNITS_PER_CALL = 4096;

/**
 * Reads the bytes from `start` to `end` as modified UTF-8, or gives undefined where they are not. Four-byte sequences of plain
 * UTF-8, which some encoders other than Java's write, are accepted too.
 */
export function readJavaText(buffer: Buffer, start: number, end: number): string | undefined {
  const units: number[] = [];
  let text = "";
  let at = start;
  while (at < end) {
    const first = buffer[at] as number;
    const lengthBytes = sequenceLengthBytes(first);
    if (lengthBytes === 0 || at + lengthBytes > end) return undefined;
    let point = lengthBytes === 1 ? first : first & (0xff >> (lengthBytes + 1));
    for (let index = at + 1; index < at + lengthBytes; index++) {
      const next = buffer[index] as number;
      if ((next & 0xc0) !== 0x80) return undefined;
      point = (point << 6) | (next & 0x3f);
    }
    at += lengthBytes;
    if (point > 0x10ffff) return undefined;
    if (point > 0xffff) units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    else units.push(point);
    if (units.length >= UNITS_PER_CALL) text += String.fromCharCode(...units.splice(0));
  }
  return text + String.fromCharCode(...units);
}

function sequenceLengthBytes(first: number): 0 | 1 | 2 | 3 | 4 {
  if (first < 0x80) return 1;
  if (first >> 5 === 0b110) return 2;
  if (first >> 4 === 0b1110) return 3;
  if (first >> 3 === 0b11110) return 4;
  return 0;
}
