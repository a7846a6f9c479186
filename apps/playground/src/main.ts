import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, styleText } from "node:util";
import { describeError, withSignal, type Logger } from "@antiphon/std";
import { createLogger } from "@antiphon/patterns/logging";
import { ensureDemoMusic, type DemoTrack } from "./demo-music/demo-music.ts";
import { createListener } from "./listener.ts";
import { servePage } from "./page-server.ts";
import { createCheckList } from "./tour/report.ts";
import { runTour } from "./tour/tour.ts";
import { openPlaygroundWorld, type PlaygroundWorldOptions } from "./world.ts";

const HELP = `Antiphon's playground: the reference bot in a simulated Discord. No token, no account, no network.

Usage: npm start [-- OPTIONS]

  --port PORT       where the page is served (default 3000; 0 takes any free port)
  --host HOST       the address to listen on (default 127.0.0.1)
  --music DIR       play your own files (WAV, MP3, FLAC, Ogg) instead of the demo tracks
  --client NAME     core (default) or discord.js: which client carries the bot
  --data DIR        where demo tracks and the listening history are kept (default .data)
  --tour            no page: play a scripted evening, check what is heard, print a table
  --verbose         show the bot's log
  --help            this text
`;

const colour = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
const paint = (format: Parameters<typeof styleText>[0], text: string) => (colour ? styleText(format, text) : text);
const print = (line = "") => void process.stdout.write(`${line}\n`);

interface Settings {
  readonly port: number;
  readonly host: string;
  readonly music: string | undefined;
  readonly client: "core" | "discord.js";
  readonly data: string;
  readonly tour: boolean;
  readonly logger: Logger | undefined;
}

/** Reads the command line; undefined when the help was asked for. Throws an Error with a sentence for anything that does not fit. */
function readSettings(): Settings | undefined {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: process.env["PORT"] ?? "3000" },
      host: { type: "string", default: "127.0.0.1" },
      music: { type: "string" },
      client: { type: "string", default: process.env["ANTIPHON_CLIENT"] ?? "core" },
      data: { type: "string", default: ".data" },
      tour: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port must be a number from 0 to 65535, not "${values.port}"`);
  const { client } = values;
  if (client !== "core" && client !== "discord.js")
    throw new Error(`--client must be core or discord.js, not "${client}"`);
  const logger = values.verbose ? createLogger({ level: "debug", format: "pretty" }) : undefined;
  return {
    port,
    host: values.host,
    music: values.music,
    client,
    data: resolve(values.data),
    tour: values.tour,
    logger,
  };
}

/** The folder to play from, and the demo tracks where it is theirs. */
async function prepareMusic(
  { music, data }: Settings,
  signal: AbortSignal,
): Promise<{ readonly folder: string; readonly tracks: readonly DemoTrack[] }> {
  if (music !== undefined) {
    const folder = resolve(music);
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() !== true) throw new Error(`--music: there is no folder ${folder}`);
    return { folder, tracks: [] };
  }
  const folder = join(data, "demo-music");
  const onProgress = (done: number, total: number) =>
    process.stdout.write(
      colour ? `\r  ♪ demo tracks ${"█".repeat(done)}${"░".repeat(total - done)} ${done}/${total}` : "",
    );
  try {
    const tracks = await ensureDemoMusic(folder, { onProgress, signal });
    print(colour ? "" : `  ♪ ${tracks.length} demo tracks`);
    return { folder, tracks };
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new Error(
      `cannot write the demo tracks to ${folder}: ${describeError(cause)}. Choose another folder with --data.`,
      { cause },
    );
  }
}

async function runPage(settings: Settings, world: PlaygroundWorldOptions, signal: AbortSignal): Promise<void> {
  await using playground = await openPlaygroundWorld(world);
  const { discord, voice, guildId, me } = playground;
  await using listener = createListener({
    guildId,
    signaling: discord.world.signalingFor(me.id),
    certificate: voice.certificatePem,
  });
  await using page = await servePage({ playground, listener, host: settings.host, port: settings.port });
  print();
  print(`  ${paint("bold", "The playground is open:")} ${paint(["cyan", "underline"], page.url)}`);
  print(`  Press ${paint("bold", "🎧 Listen")} there, then type ${paint("bold", "/play")}. Ctrl-C ends it.`);
  if (!signal.aborted) await new Promise((end) => signal.addEventListener("abort", end, { once: true }));
  print("\n  Goodbye.");
}

async function runTourOnly(
  world: PlaygroundWorldOptions,
  tracks: readonly DemoTrack[],
  signal: AbortSignal,
): Promise<boolean> {
  // A tour begins with an empty history, so that it finds the same evening each time.
  const dataDirectory = await mkdtemp(join(tmpdir(), "antiphon-tour-"));
  try {
    const startMs = performance.now();
    await using playground = await openPlaygroundWorld({ ...world, dataDirectory });
    print();
    const checks = createCheckList(print, colour, signal);
    await checks.check("everything starts", () => `${Math.round(performance.now() - startMs)} ms`);
    await withSignal(runTour({ playground, tracks, checks, signal }), signal);
    const failed = checks.results.filter(({ passed }) => !passed).length;
    print();
    print(
      `  ${checks.results.length - failed} of ${checks.results.length} checks passed in ${((performance.now() - startMs) / 1000).toFixed(1)} s`,
    );
    return failed === 0;
  } finally {
    await rm(dataDirectory, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  const settings = readSettings();
  if (settings === undefined) {
    print(HELP);
    return 0;
  }
  if (settings.tour && settings.music !== undefined)
    throw new Error("--tour compares with the demo tracks; leave --music out");
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopping.abort(new Error("stopped")));
  const { signal } = stopping;
  print(paint("bold", "Antiphon playground"));
  try {
    const { folder, tracks } = await prepareMusic(settings, signal);
    const world: PlaygroundWorldOptions = {
      musicDirectory: folder,
      dataDirectory: settings.data,
      client: settings.client,
      signal,
      onStep: (step) => print(`  ▸ ${step}`),
      ...(settings.logger === undefined ? {} : { logger: settings.logger }),
    };
    if (settings.tour) return (await runTourOnly(world, tracks, signal)) ? 0 : 1;
    await runPage(settings, world, signal);
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    if (!settings.tour) return 0;
    // It has shown nothing, and a step of it may still wait for an answer of what is closed by now.
    process.exit(1);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const misspelt = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  const hint = misspelt ? ". npm start -- --help lists the options." : "";
  process.stderr.write(`${paint("red", "The playground cannot start:")} ${describeError(error)}${hint}\n`);
  process.exitCode = 1;
}
