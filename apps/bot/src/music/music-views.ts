import { actionRow, button, embed, userMention, type MessageFields } from "@antiphon/core";
import type { Player, QueuedTrack } from "@antiphon/lavalink";
import type { EnqueueResult } from "./music-service.ts";
import { lengthText, listLine, progressText, trackLine, trackMark } from "./track-text.ts";

const COLOR = 0xf2a65a;
/** How many waiting tracks a page of the queue shows. */
const QUEUE_PAGE_LENGTH = 10;

/** The buttons under what plays. Their custom ids are answered in `music-buttons.ts`. */
function controlRow(player: Pick<Player, "paused" | "current">) {
  return actionRow(
    player.paused
      ? button({ customId: "music:resume", emoji: "▶️", label: "Resume", style: "success" })
      : button({ customId: "music:pause", emoji: "⏸️", label: "Pause" }),
    button({ customId: `music:skip/${trackMark(player.current)}`, emoji: "⏭️", label: "Skip" }),
    button({ customId: "music:stop", emoji: "⏹️", label: "Stop", style: "danger" }),
    button({ customId: "music:queue/0", emoji: "📜", label: "Queue" }),
  );
}

/** What plays now, how far it has come, and who asked for it. */
export function nowPlayingView(player: Player): MessageFields {
  const { current } = player;
  if (current === null) return { embeds: [embed({ description: "Nothing is playing." })], components: [] };
  const state = player.paused ? "Paused" : "Now playing";
  const waiting = player.queue.length === 0 ? "nothing waits" : `${player.queue.length} waiting`;
  return {
    embeds: [
      embed({
        color: COLOR,
        author: { name: state },
        description: `${trackLine(current)}\n${progressText(current, player.positionMs)}${requester(current)}`,
        footer: { text: `Volume ${player.volumePercent} % · ${waiting}` },
        ...(webAddress(current) === undefined ? {} : { url: webAddress(current) }),
      }),
    ],
    components: [controlRow(player)],
  };
}

/** What the person who used /play is told. */
export function enqueuedView({ player, tracks, leftOut, playlistName, tracksAhead }: EnqueueResult): MessageFields {
  const first = tracks[0];
  if (first === undefined || (tracksAhead === 0 && playlistName === undefined)) return nowPlayingView(player);
  const what =
    playlistName === undefined
      ? `${trackLine(first)} (${lengthText(first)})`
      : `${tracks.length} tracks, first ${trackLine(first)}`;
  const place = tracksAhead === 0 ? "starts now" : `${tracksAhead} before it`;
  const rest = leftOut === 0 ? "" : ` · the queue is full: ${leftOut} left out`;
  return {
    embeds: [
      embed({
        color: COLOR,
        author: { name: "Added to the queue" },
        description: what,
        footer: { text: place + rest },
      }),
    ],
    components: [controlRow(player)],
  };
}

/** One page of the queue; a page beyond the end is the last. */
export function queueView(player: Player, page = 0): MessageFields {
  const { current, queue } = player;
  const pages = Math.max(1, Math.ceil(queue.length / QUEUE_PAGE_LENGTH));
  const shown = Math.min(Math.max(0, page), pages - 1);
  const first = shown * QUEUE_PAGE_LENGTH;
  const lines = queue.upcoming(first + QUEUE_PAGE_LENGTH).slice(first);
  const numbered = lines.map((track, index) => `\`${first + index + 1}.\` ${listLine(track)} (${lengthText(track)})`);
  const playing = current === null ? "Nothing is playing." : `▶️ ${trackLine(current)} (${lengthText(current)})`;
  const waiting = numbered.length === 0 ? "Nothing waits. Add something with /play." : numbered.join("\n");
  return {
    embeds: [
      embed({
        color: COLOR,
        author: { name: "Queue" },
        description: `${playing}\n\n${waiting}`,
        footer: { text: `Page ${shown + 1} of ${pages}` },
      }),
    ],
    components: pages === 1 ? [] : [pageRow(shown, pages)],
  };
}

function pageRow(page: number, pages: number) {
  return actionRow(
    button({ customId: `music:queue/${page - 1}`, label: "Back", disabled: page === 0 }),
    button({ customId: `music:queue/${page + 1}`, label: "Next", disabled: page === pages - 1 }),
  );
}

function requester({ requesterId }: QueuedTrack): string {
  return requesterId === null ? "" : `\nasked for by ${userMention(requesterId)}`;
}

function webAddress({ info }: QueuedTrack): string | undefined {
  return info.uri !== undefined && info.uri !== null && /^https?:\/\//iu.test(info.uri) && info.uri.length <= 512
    ? info.uri
    : undefined;
}
