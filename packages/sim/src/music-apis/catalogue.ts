import { createHash } from "node:crypto";

/** A recording that the simulated services know. */
export interface SimulatedRecording {
  /** Its artist's name. */
  readonly artist: string;
  /** Its title. */
  readonly title: string;
  /** The release it is on. Defaults to the title. */
  readonly album?: string;
  /** Its length, in milliseconds. Defaults to 200,000. */
  readonly durationMs?: number;
  /** The release's year. Defaults to 2001. */
  readonly year?: number;
  /** Tags of its listeners with their weight from 0 to 100. Defaults to none. */
  readonly tags?: Readonly<Record<string, number>>;
  /** What Cyanite makes of it: valence and arousal from -1 to 1, beats a minute. Defaults to no analysis. */
  readonly analysis?: { readonly valence: number; readonly arousal: number; readonly beatsPerMinute: number };
  /** Services that do not know it. Defaults to none. */
  readonly missingFrom?: readonly string[];
}

/** A recording with the ids that the services give it. */
export interface KnownRecording extends Required<Omit<SimulatedRecording, "analysis">> {
  readonly analysis: SimulatedRecording["analysis"];
  /** MusicBrainz' id of the recording. */
  readonly recordingId: string;
  /** MusicBrainz' id of the artist. */
  readonly artistId: string;
  /** MusicBrainz' id of the release. */
  readonly releaseId: string;
  /** International standard recording code. */
  readonly isrc: string;
  /** Spotify's id. */
  readonly spotifyId: string;
  /** Cyanite's id. */
  readonly libraryTrackId: string;
}

/** Somebody's listen. */
export interface SimulatedListen {
  /** What was heard. */
  readonly recording: KnownRecording;
  /** When, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** What the simulated services know. */
export interface MusicCatalogue {
  /** All recordings. */
  readonly recordings: readonly KnownRecording[];
  /** Adds a recording and gives it ids that depend on its names alone. */
  add(recording: SimulatedRecording): KnownRecording;
  /** The recording of an artist by title, without regard to case. */
  find(artist: string, title: string, service: string): KnownRecording | undefined;
  /** Recordings that share most of their tags with one, best first. */
  similar(recording: KnownRecording): readonly { readonly recording: KnownRecording; readonly match: number }[];
  /** Lets a user have heard something. */
  addListen(user: string, recording: KnownRecording, atMs: number): void;
  /** Lets a user hear something now; undefined ends it. */
  setNowPlaying(user: string, recording: KnownRecording | undefined): void;
  /** A user's listens, newest first. */
  listensOf(user: string): readonly SimulatedListen[];
  /** What a user hears now. */
  nowPlayingOf(user: string): KnownRecording | undefined;
}

/** Recordings of nobody, for a start. */
export const defaultRecordings: readonly SimulatedRecording[] = [
  {
    artist: "Aurora Field",
    title: "First Light",
    tags: { dreampop: 100, dreamy: 80, calm: 61, ethereal: 40, "female vocalists": 33 },
    analysis: { valence: 0.3, arousal: -0.4, beatsPerMinute: 84 },
  },
  {
    artist: "The Lanterns",
    title: "Harbour",
    tags: { folk: 100, melancholy: 74, acoustic: 60, calm: 31 },
    analysis: { valence: -0.3, arousal: -0.5, beatsPerMinute: 92 },
  },
  {
    artist: "Iron Orchard",
    title: "Furnace",
    tags: { metal: 100, angry: 55, aggressive: 48, "seen live": 12 },
    analysis: { valence: -0.5, arousal: 0.8, beatsPerMinute: 168 },
  },
  {
    artist: "Discotheque Nine",
    title: "Glitter Rain",
    tags: { disco: 100, happy: 66, party: 58, dance: 51, upbeat: 20 },
    analysis: { valence: 0.8, arousal: 0.7, beatsPerMinute: 122 },
  },
  { artist: "Nobody Yet", title: "Untagged" },
];

function idOf(kind: string, ...names: readonly string[]): string {
  const hex = createHash("sha256")
    .update([kind, ...names].join("\n").toLowerCase())
    .digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

/** Builds a {@link MusicCatalogue}. */
export function createMusicCatalogue(initial: readonly SimulatedRecording[]): MusicCatalogue {
  const recordings: KnownRecording[] = [];
  const listens = new Map<string, SimulatedListen[]>();
  const nowPlaying = new Map<string, KnownRecording>();
  const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();

  const catalogue: MusicCatalogue = {
    recordings,
    add(recording) {
      const { artist, title, album = title } = recording;
      const recordingId = idOf("recording", artist, title);
      const known: KnownRecording = {
        album,
        durationMs: 200_000,
        year: 2001,
        tags: {},
        missingFrom: [],
        analysis: undefined,
        ...recording,
        recordingId,
        artistId: idOf("artist", artist),
        releaseId: idOf("release", artist, album),
        isrc: `QZ${recordingId.replaceAll(/\D/g, "").padEnd(10, "0").slice(0, 10)}`,
        spotifyId: idOf("spotify", artist, title).replaceAll("-", "").slice(0, 22),
        libraryTrackId: String(Number.parseInt(recordingId.slice(0, 8), 16)),
      };
      recordings.push(known);
      return known;
    },
    find: (artist, title, service) =>
      recordings.find(
        (each) => same(each.artist, artist) && same(each.title, title) && !each.missingFrom.includes(service),
      ),
    similar(recording) {
      const own = Object.keys(recording.tags);
      return recordings
        .filter((each) => each !== recording)
        .map((each) => ({ recording: each, match: own.filter((tag) => tag in each.tags).length / (own.length || 1) }))
        .filter(({ match }) => match > 0)
        .toSorted((left, right) => right.match - left.match);
    },
    addListen(user, recording, atMs) {
      const own = listens.get(user) ?? [];
      listens.set(user, own);
      own.push({ recording, atMs });
      own.sort((left, right) => right.atMs - left.atMs);
    },
    setNowPlaying(user, recording) {
      if (recording === undefined) nowPlaying.delete(user);
      else nowPlaying.set(user, recording);
      if (!listens.has(user)) listens.set(user, []);
    },
    listensOf: (user) => listens.get(user) ?? [],
    nowPlayingOf: (user) => nowPlaying.get(user),
  };
  for (const recording of initial) catalogue.add(recording);
  return catalogue;
}
