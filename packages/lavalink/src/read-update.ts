import type { PlayerUpdateMessage } from "@antiphon/protocol/lavalink";

/** What a node tells about where a player is. */
export interface PlayerUpdate {
  readonly guildId: string;
  /** Milliseconds into the track. */
  readonly positionMs: number;
  /** Whether the node is in the voice channel. */
  readonly connected: boolean;
  /** Milliseconds to the voice server and back; -1 without a connection. */
  readonly pingMs: number;
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const HEAD = bytesOf('{"op":"playerUpdate","');
const GUILD = bytesOf('guildId":"');
const GUILD_END = bytesOf('"');
const STATE = bytesOf('state":{"time":');
const POSITION = bytesOf(',"position":');
const CONNECTED = bytesOf(',"connected":');
const TRUE = bytesOf("true");
const FALSE = bytesOf("false");
const PING = bytesOf(',"ping":');
const STATE_END = bytesOf("}");
const NEXT = bytesOf(',"');
const END = bytesOf("}");

const ZERO = 0x30;
const MINUS = 0x2d;
const FIRST_OF_GUILD = 0x67;
/** As many digits are always exact in a number. */
const DIGIT_LIMIT = 15;
const GUILD_DIGIT_LIMIT = 20;
/** How many guilds' ids are kept, a power of two: with more of them, some are read anew each time. */
const KEPT_IDS = 4_096;

/** The same from a message that was read the long way. */
export function toPlayerUpdate({ guildId, state }: PlayerUpdateMessage): PlayerUpdate {
  return { guildId, positionMs: state.position, connected: state.connected, pingMs: state.ping };
}

/** What a byte is as a digit; over 9 when it is none, or the frame has ended. */
function digitAt(frame: Buffer, at: number): number {
  return at < frame.length ? ((frame[at] as number) - ZERO) >>> 0 : 10;
}

function holds(frame: Buffer, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (frame[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/**
 * Reads the most frequent message straight from its bytes, in exactly the two forms in which servers write it: `state` before `guildId`
 * as Lavalink itself does, or after it as Lavalink's documentation does. What it read stays in its own fields until the next frame, and
 * the ids of guilds are kept, so that nothing is allocated, and a map finds the same text again faster than an equal one.
 *
 * @see Message.PlayerUpdateEvent, protocol/v4/messages.kt, Lavalink
 */
export class PlayerUpdateReader implements PlayerUpdate {
  guildId = "";
  positionMs = 0;
  connected = false;
  pingMs = -1;
  #at = 0;
  #number = 0;
  /** By a hash of their digits; another of the same hash takes the place. */
  readonly #ids: string[] = Array.from({ length: KEPT_IDS }, () => "");

  /** Whether the frame was such a message; every other goes the long way. */
  read(frame: Buffer): boolean {
    this.#at = 0;
    if (!this.#skip(frame, HEAD)) return false;
    const read =
      frame[this.#at] === FIRST_OF_GUILD
        ? this.#readGuild(frame) && this.#skip(frame, NEXT) && this.#readState(frame)
        : this.#readState(frame) && this.#skip(frame, NEXT) && this.#readGuild(frame);
    return read && this.#skip(frame, END) && this.#at === frame.length;
  }

  #skip(frame: Buffer, expected: Uint8Array): boolean {
    const start = this.#at;
    for (let index = 0; index < expected.length; index++) {
      if (frame[start + index] !== expected[index]) return false;
    }
    this.#at = start + expected.length;
    return true;
  }
  #readGuild(frame: Buffer): boolean {
    if (!this.#skip(frame, GUILD)) return false;
    const start = this.#at;
    let at = start;
    let hash = 0;
    for (let digit = digitAt(frame, at); digit <= 9; digit = digitAt(frame, ++at)) {
      hash = (Math.imul(hash, 31) + digit) | 0;
    }
    if (at === start || at - start > GUILD_DIGIT_LIMIT) return false;
    this.#at = at;
    this.guildId = this.#idOf(frame, start, at, (hash ^ (hash >>> 12)) & (KEPT_IDS - 1));
    return this.#skip(frame, GUILD_END);
  }
  #idOf(frame: Buffer, start: number, end: number, place: number): string {
    const kept = this.#ids[place] as string;
    if (kept.length === end - start && holds(frame, start, kept)) return kept;
    const id = frame.toString("latin1", start, end);
    this.#ids[place] = id;
    return id;
  }
  #readState(frame: Buffer): boolean {
    if (!this.#skip(frame, STATE) || !this.#readNumber(frame) || !this.#skip(frame, POSITION)) return false;
    if (!this.#readNumber(frame)) return false;
    this.positionMs = this.#number;
    if (!this.#skip(frame, CONNECTED)) return false;
    this.connected = this.#skip(frame, TRUE);
    if (!(this.connected || this.#skip(frame, FALSE)) || !this.#skip(frame, PING)) return false;
    if (!this.#readNumber(frame)) return false;
    this.pingMs = this.#number;
    return this.#skip(frame, STATE_END);
  }
  /** Whether there is a whole number as JSON writes it, and which. */
  #readNumber(frame: Buffer): boolean {
    const isNegative = frame[this.#at] === MINUS;
    const start = isNegative ? this.#at + 1 : this.#at;
    let at = start;
    let value = 0;
    for (let digit = digitAt(frame, at); digit <= 9; digit = digitAt(frame, ++at)) value = value * 10 + digit;
    // JSON has no leading zeros.
    if (at === start || at - start > DIGIT_LIMIT || (frame[start] === ZERO && at > start + 1)) return false;
    this.#at = at;
    this.#number = isNegative ? -value : value;
    return true;
  }
}
