import { isRecord } from "./is-record.ts";

/** One of the 15 bands of the equalizer. */
export type EqualizerBand = {
  /** 0 to 14, from 25 Hz to 16 kHz. */
  readonly band: number;
  /** -0.25 (silent) to 1 (doubled); 0 leaves the band as it is. */
  readonly gain: number;
};

/** What a node does to the sound; a kind that is left out is off. @see Lavalink docs, "Filters" */
export type Filters = {
  /** 0 to 5; 1 leaves the volume as it is. */
  readonly volume?: number;
  readonly equalizer?: readonly EqualizerBand[];
  /** Takes the middle of the stereo image away; levels 0 to 1, the rest in Hz. */
  readonly karaoke?: {
    readonly level?: number;
    readonly monoLevel?: number;
    readonly filterBand?: number;
    readonly filterWidth?: number;
  };
  /** Factors above 0; 1 leaves things as they are. `rate` changes speed and pitch together. */
  readonly timescale?: { readonly speed?: number; readonly pitch?: number; readonly rate?: number };
  /** The volume swings: `frequency` in Hz above 0, `depth` above 0 to 1. */
  readonly tremolo?: { readonly frequency?: number; readonly depth?: number };
  /** The pitch swings: `frequency` in Hz above 0 to 14, `depth` above 0 to 1. */
  readonly vibrato?: { readonly frequency?: number; readonly depth?: number };
  /** The sound goes round the listener, so many times a second. */
  readonly rotation?: { readonly rotationHz?: number };
  readonly distortion?: {
    readonly sinOffset?: number;
    readonly sinScale?: number;
    readonly cosOffset?: number;
    readonly cosScale?: number;
    readonly tanOffset?: number;
    readonly tanScale?: number;
    readonly offset?: number;
    readonly scale?: number;
  };
  /** How much of each channel goes into each, 0 to 1. */
  readonly channelMix?: {
    readonly leftToLeft?: number;
    readonly leftToRight?: number;
    readonly rightToLeft?: number;
    readonly rightToRight?: number;
  };
  /** `smoothing` above 1 takes high tones away; 1 and less do nothing. */
  readonly lowPass?: { readonly smoothing?: number };
  /** What plugins of the node can do, by the plugin's own names. */
  readonly pluginFilters?: Readonly<Record<string, unknown>>;
};

/** What Lavalink can do to the sound without plugins, in the order in which `/v4/info` names it. */
export const FILTER_KINDS = [
  "volume",
  "equalizer",
  "karaoke",
  "timescale",
  "tremolo",
  "vibrato",
  "distortion",
  "rotation",
  "channelMix",
  "lowPass",
] as const satisfies readonly (keyof Filters)[];

/** How many bands the equalizer has. */
export const EQUALIZER_BAND_COUNT = 15;
/** The least and the greatest gain of an equalizer band. */
export const EQUALIZER_GAIN_RANGE = { minimum: -0.25, maximum: 1 } as const;
/** The greatest `volume` of the filters. */
export const MAXIMUM_FILTER_VOLUME = 5;

interface Rule {
  readonly text: string;
  allows(value: number): boolean;
}

const anything: Rule = { text: "a number", allows: () => true };
const positive: Rule = { text: "above 0", allows: (value) => value > 0 };
const atLeastZero: Rule = { text: "0 or more", allows: (value) => value >= 0 };
const ratio: Rule = { text: "from 0 to 1", allows: (value) => value >= 0 && value <= 1 };
const positiveUpTo = (maximum: number): Rule => ({
  text: `above 0 and at most ${maximum}`,
  allows: (value) => value > 0 && value <= maximum,
});

const fieldRules: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  karaoke: { level: ratio, monoLevel: ratio, filterBand: atLeastZero, filterWidth: atLeastZero },
  timescale: { speed: positive, pitch: positive, rate: positive },
  tremolo: { frequency: positive, depth: positiveUpTo(1) },
  vibrato: { frequency: positiveUpTo(14), depth: positiveUpTo(1) },
  rotation: { rotationHz: anything },
  distortion: {
    sinOffset: anything,
    sinScale: anything,
    cosOffset: anything,
    cosScale: anything,
    tanOffset: anything,
    tanScale: anything,
    offset: anything,
    scale: anything,
  },
  channelMix: { leftToLeft: ratio, leftToRight: ratio, rightToLeft: ratio, rightToRight: ratio },
  lowPass: { smoothing: atLeastZero },
};

/** What is wrong with filters, in words that name the field and its range; undefined when nothing is. Unknown kinds pass. */
export function findFilterProblem(filters: Readonly<Record<string, unknown>>): string | undefined {
  const volumeRule: Rule = {
    text: `from 0 to ${MAXIMUM_FILTER_VOLUME}`,
    allows: (value) => value >= 0 && value <= MAXIMUM_FILTER_VOLUME,
  };
  const problem = numberProblem("volume", filters["volume"], volumeRule) ?? equalizerProblem(filters["equalizer"]);
  if (problem !== undefined) return problem;
  for (const [kind, rules] of Object.entries(fieldRules)) {
    const filter = filters[kind];
    if (filter === undefined || filter === null) continue;
    if (!isRecord(filter)) return `${kind} must be an object`;
    for (const [field, rule] of Object.entries(rules)) {
      const found = numberProblem(`${kind}.${field}`, filter[field], rule);
      if (found !== undefined) return found;
    }
  }
  const { pluginFilters } = filters;
  return pluginFilters === undefined || isRecord(pluginFilters) ? undefined : "pluginFilters must be an object";
}

function equalizerProblem(equalizer: unknown): string | undefined {
  if (equalizer === undefined || equalizer === null) return undefined;
  if (!Array.isArray(equalizer)) return "equalizer must be a list of bands";
  const { minimum, maximum } = EQUALIZER_GAIN_RANGE;
  for (const entry of equalizer) {
    if (!isRecord(entry)) return "equalizer must be a list of bands";
    const { band } = entry;
    if (!Number.isInteger(band) || Number(band) < 0 || Number(band) >= EQUALIZER_BAND_COUNT) {
      return `equalizer.band must be a whole number from 0 to ${EQUALIZER_BAND_COUNT - 1}, not ${String(band)}`;
    }
    const gainRule: Rule = {
      text: `from ${minimum} to ${maximum}`,
      allows: (gain) => gain >= minimum && gain <= maximum,
    };
    const problem = numberProblem(`equalizer.gain of band ${Number(band)}`, entry["gain"], gainRule);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function numberProblem(name: string, value: unknown, rule: Rule): string | undefined {
  if (value === undefined || value === null) return undefined;
  const valid = typeof value === "number" && Number.isFinite(value) && rule.allows(value);
  return valid
    ? undefined
    : `${name} must be ${rule.text}, not ${typeof value === "number" ? value : JSON.stringify(value)}`;
}
