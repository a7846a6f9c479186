import { defineCommand, type Command } from "@antiphon/core";
import { importHistory, type ImportReport } from "@antiphon/recommender/importers";
import type { HistoryStore } from "@antiphon/recommender/store";
import { BotError } from "../error.ts";

/** Discord's own limit for people who pay. */
const MAXIMUM_BYTES = 500 * 1024 * 1024;
/** Edits of one message are limited. */
const PROGRESS_MS = 2_000;
const DISCORD_FILES = new Set(["cdn.discordapp.com", "media.discordapp.net"]);

/** Options of {@link importCommand}. */
export interface ImportCommandOptions {
  readonly store: HistoryStore;
  /** Where Discord's HTTP API is; a simulator serves its files from there. */
  readonly api: string;
  /** Told when listens were added. */
  readonly onImported: () => Promise<void>;
}

function textOf({ format, inserted, duplicate, invalid, invalidRows }: ImportReport): string {
  const lines = invalidRows.slice(0, 3).map(({ line, problem }) => `-# line ${line}: ${problem}`);
  const wrong = invalid === 0 ? "" : `, ${invalid} not understood`;
  return [`📥 ${inserted} listens are new, ${duplicate} were known${wrong} (${format}).`, ...lines].join("\n");
}

/** `/import`: takes in somebody's listening history from elsewhere. */
export function importCommand({ store, api, onImported }: ImportCommandOptions): Command {
  const importing = new Set<string>();
  const hosts = new Set([...DISCORD_FILES, new URL(api).host]);

  const run = async (userId: string, url: string, onRows: (rows: number) => void, signal: AbortSignal) => {
    const answer = await fetch(url, { signal });
    if (!answer.ok || answer.body === null)
      throw new BotError("BOT_IMPORT_FAILED", `The file cannot be fetched: Discord answered ${answer.status}.`);
    return importHistory(answer.body, { store, userId, signal, onProgress: ({ rows }) => onRows(rows) });
  };

  return defineCommand({
    name: "import",
    description: "Bring your listening history: Last.fm CSV, ListenBrainz, Spotify or YouTube Music export",
    contexts: ["guild"],
    ephemeral: true,
    options: { file: { type: "attachment", description: "The exported file", required: true } },
    async execute({ userId, options, defer, reply, editReply, signal }) {
      const { file } = options;
      if (file.size > MAXIMUM_BYTES) throw new BotError("BOT_IMPORT_FAILED", "The file is over 500 MB. Split it.");
      // The address comes with the interaction, from Discord; nothing else is fetched for anybody.
      if (!hosts.has(new URL(file.url).host)) throw new BotError("BOT_IMPORT_FAILED", "That is no file of Discord's.");
      if (importing.has(userId)) throw new BotError("BOT_IMPORT_FAILED", "Your last import is still at work.");
      importing.add(userId);
      try {
        await defer({ ephemeral: true });
        let toldMs = performance.now();
        let telling: Promise<unknown> | undefined;
        const onRows = (rows: number) => {
          if (telling !== undefined || performance.now() - toldMs < PROGRESS_MS) return;
          toldMs = performance.now();
          // A progress line that is lost is no loss.
          telling = editReply(`📥 ${rows.toLocaleString("en")} rows so far …`)
            .catch(() => {})
            .finally(() => (telling = undefined));
        };
        const report = await run(userId, file.url, onRows, signal);
        if (report.inserted > 0) await onImported();
        // A progress line that arrived late would take the report's place.
        await telling;
        await reply(textOf(report));
      } finally {
        importing.delete(userId);
      }
    },
  });
}
