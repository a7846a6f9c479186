import {
  EQUALIZER_BAND_COUNT,
  EQUALIZER_GAIN_RANGE,
  MAXIMUM_FILTER_VOLUME,
  type EqualizerBand,
  type Filters,
} from "@antiphon/protocol/lavalink";

type Timescale = NonNullable<Filters["timescale"]>;
type ChannelMix = NonNullable<Filters["channelMix"]>;

/**
 * Several filters as one, as if the sound went through each in turn: gains of the equalizer add up, timescales and volumes multiply,
 * rotations add, channel mixes follow one another. Of kinds that have no such sum (karaoke, tremolo, vibrato, distortion, low
 * pass, a plugin's) the later wins field by field. What leaves the sound as it is is left out.
 */
export function composeFilters(layers: Iterable<Filters>): Filters {
  let composed: Filters = {};
  for (const layer of layers) composed = combine(composed, layer);
  return composed;
}

/** How fast media time runs under these filters; 1 is the usual speed. */
export function speedRatioOf(filters: Filters): number {
  return (filters.timescale?.speed ?? 1) * (filters.timescale?.rate ?? 1);
}

function combine(first: Filters, second: Filters): Filters {
  const volume = Math.min((first.volume ?? 1) * (second.volume ?? 1), MAXIMUM_FILTER_VOLUME);
  const equalizer = addEqualizers(first.equalizer, second.equalizer);
  const timescale = multiplyTimescales(first.timescale, second.timescale);
  const channelMix = chainChannelMixes(first.channelMix, second.channelMix);
  const rotationHz = rounded((first.rotation?.rotationHz ?? 0) + (second.rotation?.rotationHz ?? 0));
  return {
    ...overlay(first, second, "karaoke"),
    ...overlay(first, second, "tremolo"),
    ...overlay(first, second, "vibrato"),
    ...overlay(first, second, "distortion"),
    ...overlay(first, second, "lowPass"),
    ...overlay(first, second, "pluginFilters"),
    ...(volume === 1 ? {} : { volume }),
    ...(equalizer.length === 0 ? {} : { equalizer }),
    ...(timescale === undefined ? {} : { timescale }),
    ...(channelMix === undefined ? {} : { channelMix }),
    ...(rotationHz === 0 ? {} : { rotation: { rotationHz } }),
  };
}

type OverlaidKind = "karaoke" | "tremolo" | "vibrato" | "distortion" | "lowPass" | "pluginFilters";

function overlay(first: Filters, second: Filters, kind: OverlaidKind): Filters {
  if (first[kind] === undefined && second[kind] === undefined) return {};
  return { [kind]: { ...first[kind], ...second[kind] } };
}

function addEqualizers(first: Filters["equalizer"] = [], second: Filters["equalizer"] = []): readonly EqualizerBand[] {
  const gains = Array.from({ length: EQUALIZER_BAND_COUNT }, () => 0);
  for (const { band, gain } of [...first, ...second]) gains[band] = (gains[band] ?? 0) + gain;
  const { minimum, maximum } = EQUALIZER_GAIN_RANGE;
  return gains
    .map((gain, band) => ({ band, gain: Math.min(Math.max(rounded(gain), minimum), maximum) }))
    .filter(({ gain }) => gain !== 0);
}

function multiplyTimescales(first: Timescale = {}, second: Timescale = {}): Timescale | undefined {
  const factor = (field: keyof Timescale) => rounded((first[field] ?? 1) * (second[field] ?? 1));
  const [speed, pitch, rate] = [factor("speed"), factor("pitch"), factor("rate")];
  return speed === 1 && pitch === 1 && rate === 1 ? undefined : { speed, pitch, rate };
}

/** The product of two mixes, which stays within 0 to 1 for each output by a limit. */
function chainChannelMixes(first: ChannelMix | undefined, second: ChannelMix | undefined): ChannelMix | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const [a, b] = [full(first), full(second)];
  const part = (value: number) => Math.min(rounded(value), 1);
  return {
    leftToLeft: part(a.leftToLeft * b.leftToLeft + a.leftToRight * b.rightToLeft),
    leftToRight: part(a.leftToLeft * b.leftToRight + a.leftToRight * b.rightToRight),
    rightToLeft: part(a.rightToLeft * b.leftToLeft + a.rightToRight * b.rightToLeft),
    rightToRight: part(a.rightToLeft * b.leftToRight + a.rightToRight * b.rightToRight),
  };
}

function full(mix: ChannelMix): Required<ChannelMix> {
  return { leftToLeft: 1, leftToRight: 0, rightToLeft: 0, rightToRight: 1, ...mix };
}

/** Without the dust of binary fractions: 0.1 + 0.2 is 0.3. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
