import type { CoreBus } from "@antiphon/bridge";
import { createKrytenClient } from "@antiphon/bridge/kryten";
import { openRobot } from "@antiphon/bridge/robot";
import { silentLogger, type Clock, type Logger, type Random } from "@antiphon/std";
import type { BotConfig } from "../config/bot-config.ts";

/** What the configuration says of CyTube. */
export type CytubeSettings = NonNullable<BotConfig["cytube"]>;

/** What is heard in a room. */
export interface RoomListener {
  /** Somebody else than the robot has spoken; the text is HTML. */
  chat(username: string, html: string): void;
  /** Another medium plays. */
  media(medium: { readonly title: string; readonly seconds: number }): void;
}

/** A CyTube channel that the bot is in. */
export interface CytubeRoom extends AsyncDisposable {
  /** Says something there. @throws BridgeError when the robot is not there or CyTube refuses */
  say(text: string): Promise<void>;
}

/** Options of {@link openCytubeRoom}. */
export interface CytubeRoomOptions {
  readonly bus: CoreBus;
  readonly settings: CytubeSettings;
  readonly channel: string;
  readonly listener: RoomListener;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** In whose name the site itself speaks: of who joined, and of what they may not do. */
const SITE = "[server]";

/**
 * Enters a CyTube channel: with a robot of its own, or through one that is on the bus already.
 *
 * @throws BridgeError BRIDGE_CYTUBE_UNREACHABLE, BRIDGE_CYTUBE_LOGIN_FAILED
 */
export async function openCytubeRoom(options: CytubeRoomOptions): Promise<CytubeRoom> {
  const { bus, settings, channel, listener, clock, random, logger = silentLogger, signal } = options;
  const { siteUrl, username, password, robot } = settings;
  const domain = new URL(siteUrl).host;
  await using opened = new AsyncDisposableStack();
  // The configuration wants servers; the client uses the bot's bus and never connects to them.
  const config = { nats: { servers: ["nats://127.0.0.1:4222"] }, channels: [{ domain, channel }] };
  const client = opened.use(createKrytenClient({ config, bus, clock, random, logger }));
  client.on("chatmsg", { channel }, ({ payload }) => {
    const own = payload.username.toLowerCase() === username?.toLowerCase();
    if (!own && payload.username !== SITE) listener.chat(payload.username, payload.msg);
  });
  client.on("changemedia", { channel }, ({ payload }) => listener.media(payload));
  await client.connect();
  if (robot === "built-in") {
    const account = { username, password };
    const robotOptions = { bus, domain, siteUrl, channel, ...account, clock, random, logger };
    opened.use(await openRobot(signal === undefined ? robotOptions : { ...robotOptions, signal }));
  }
  const running = opened.move();
  return {
    async say(text) {
      await client.commands.sendChat(channel, text);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
