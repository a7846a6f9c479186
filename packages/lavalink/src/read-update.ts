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
const NINE = 0x39;
const MINUS = 0x2d;
const FIRST_OF_GUILD = 0x67;
/** As many digits are always exact in a number. */
const DIGIT_LIMIT = 15;
const GUILD_DIGIT_LIMIT = 20;

/** The same from a message that was read the long way. */
export function toPlayerUpdate({ guildId, state }: PlayerUpdateMessage): PlayerUpdate {
  return { guildId, positionMs: state.position, connected: state.connected, pingMs: state.ping };
}

/**
 * Reads the most frequent message straight from its bytes, in exactly the two forms in which servers write it: `state` before `guildId`
 * as Lavalink itself does, or after it as Lavalink's documentation does. What it read stays in its own fields until the next frame, so
 * that nothing but the id is allocated.
 *
 * @see Message.PlayerUpdateEvent, protocol/v4/messages.kt, Lavalink
 */
export class PlayerUpdateReader implements PlayerUpdate {
  guildId = "";
  positionMs = 0;
  connected = false;
  pingMs = -1;
  #at = 0;

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
    if (this.#digits(frame, GUILD_DIGIT_LIMIT) < 0) return false;
    this.guildId = frame.toString("latin1", start, this.#at);
    return this.#skip(frame, GUILD_END);
  }
  #readState(frame: Buffer): boolean {
    if (!this.#skip(frame, STATE) || Number.isNaN(this.#integer(frame)) || !this.#skip(frame, POSITION)) return false;
    this.positionMs = this.#integer(frame);
    if (Number.isNaN(this.positionMs) || !this.#skip(frame, CONNECTED)) return false;
    this.connected = this.#skip(frame, TRUE);
    if (!(this.connected || this.#skip(frame, FALSE)) || !this.#skip(frame, PING)) return false;
    this.pingMs = this.#integer(frame);
    return !Number.isNaN(this.pingMs) && this.#skip(frame, STATE_END);
  }
  /** A whole number as JSON writes it; NaN where there is none. */
  #integer(frame: Buffer): number {
    const negative = frame[this.#at] === MINUS;
    if (negative) this.#at++;
    const start = this.#at;
    const value = this.#digits(frame, DIGIT_LIMIT);
    // JSON has no leading zeros.
    if (value < 0 || (frame[start] === ZERO && this.#at > start + 1)) return Number.NaN;
    return negative ? -value : value;
  }
  /** The number that the digits here are; -1 for none or too many of them. */
  #digits(frame: Buffer, limit: number): number {
    const start = this.#at;
    let value = 0;
    let at = start;
    for (; at < frame.length; at++) {
      const byte = frame[at] as number;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + (byte - ZERO);
    }
    this.#at = at;
    return at === start || at - start > limit ? -1 : value;
  }
}
