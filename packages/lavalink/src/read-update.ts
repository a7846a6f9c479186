import type { PlayerUpdateMessage } from "@antiphon/protocol/lavalink";

const PLAYER_UPDATE =
  /^\{"op":"playerUpdate","guildId":"(\d{1,20})","state":\{"time":(\d{1,15}),"position":(-?\d{1,15}),"connected":(true|false),"ping":(-?\d{1,9})\}\}$/;

/**
 * Reads the most frequent message, in exactly the form in which Lavalink writes it, in half the time that a JSON parser needs;
 * undefined for everything else, which then goes the long way.
 */
export function readPlayerUpdate(text: string): PlayerUpdateMessage | undefined {
  const match = PLAYER_UPDATE.exec(text);
  if (match === null) return undefined;
  const [, guildId = "", time, position, connected, ping] = match;
  const state = { time: Number(time), position: Number(position), connected: connected === "true", ping: Number(ping) };
  return { op: "playerUpdate", guildId, state };
}
