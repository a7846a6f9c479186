/** Where a tag stands: valence and arousal, each from -1 to 1. */
export type MoodPoint = readonly [valence: number, arousal: number];

/** Tags in lower case and where they stand. */
export type MoodLexicon = ReadonlyMap<string, MoodPoint>;

/**
 * Words that people tag music with, gathered by where they stand on the plane of valence and arousal. The places are our own judgement,
 * in steps of 0.1; genres stand nearer to the centre than moods, because they say less.
 *
 * @see Russell: "A Circumplex Model of Affect", 1980
 */
const places: readonly (readonly [valence: number, arousal: number, tags: string])[] = [
  [
    0.9,
    0.6,
    "happy, happiness, joy, joyful, joyous, cheerful, feel good, feelgood, feel good music, good mood, happy music",
  ],
  [0.9, 0.8, "euphoric, ecstatic, exhilarating, jubilant, triumphant, elated, celebration, carnival"],
  [0.8, 0.7, "party, party music, fun, upbeat, uplifting, exciting, lively, festive, summer party, dance party"],
  [
    0.7,
    0.5,
    "positive, optimistic, sunny, bright, playful, bouncy, bubbly, catchy, funny, humorous, comedy, groovy, funky",
  ],
  [
    0.7,
    0.2,
    "summer, sunshine, sweet, hopeful, inspiring, inspirational, romantic, love, love songs, love song, beautiful, lovely",
  ],
  [0.6, -0.1, "warm, tender, gentle, charming, cozy, affectionate, heartwarming, christmas"],
  [0.6, -0.6, "peaceful, serene, tranquil, soothing, blissful, comforting, healing, zen, sunday morning, new age"],
  [
    0.5,
    -0.7,
    "calm, calming, relax, relaxed, relaxing, relaxation, chill, chillout, chill out, mellow, laid back, laidback, easy listening",
  ],
  [0.3, -0.8, "sleep, sleepy, lullaby, meditation, meditative, quiet, soft, slow, rest, spa"],
  [0.3, -0.5, "dreamy, dream, ethereal, atmospheric, lush, floating, contemplative, reflective, spiritual"],
  [
    0.1,
    -0.3,
    "nostalgic, nostalgia, bittersweet, wistful, pensive, thoughtful, introspective, mysterious, spacey, trippy",
  ],
  [0, 0.9, "intense, powerful, loud, fast, hyper"],
  [
    0.3,
    0.8,
    "energetic, energy, high energy, driving, adrenaline, workout, gym, running, pump up, motivation, motivational",
  ],
  [0.2, 0.6, "epic, heroic, anthemic, passionate, sexy, rebellious, wild"],
  [0.4, -0.1, "sensual, sensuous, smooth, seductive, intimate"],
  [-0.6, 0.8, "angry, anger, rage, furious, aggressive, violent, hate, hostile, fierce, rage music"],
  [
    -0.6,
    0.6,
    "tense, anxious, nervous, paranoid, frantic, chaotic, scary, frightening, fear, creepy, horror, menacing, evil, harsh",
  ],
  [-0.4, 0.4, "dark, sinister, ominous, gritty, disturbing, eerie, cynical, sarcastic, bitter, ugly"],
  [
    -0.8,
    -0.4,
    "sad, sadness, sorrow, sorrowful, depressing, depressive, depressed, heartbreak, heartbroken, heartbreaking, grief, tears, cry, crying",
  ],
  [
    -0.6,
    -0.5,
    "melancholy, melancholic, melancholia, gloomy, bleak, lonely, loneliness, mournful, somber, sombre, tragic, despair, pain, sad songs",
  ],
  [-0.4, -0.5, "haunting, brooding, regret, longing, moody, rainy day, rain, autumn, winter, cold, desolate, breakup"],
  [
    0.6,
    0.6,
    "disco, eurodance, dance pop, dance-pop, bubblegum, teen pop, j-pop, k-pop, ska, soca, samba, salsa, merengue, cumbia, polka, swing",
  ],
  [
    0.5,
    0.5,
    "pop, dance, funk, house, boogie, motown, rock and roll, rockabilly, surf, reggaeton, afrobeat, electropop, synthpop, bhangra",
  ],
  [
    0.5,
    0,
    "reggae, soul, rnb, r&b, neo-soul, doo-wop, bossa nova, calypso, gospel, country, indie pop, twee, twee pop, dub",
  ],
  [
    0.3,
    0.7,
    "techno, trance, electro, drum and bass, edm, pop punk, power pop, big beat, happy hardcore, rave, jungle, electroclash",
  ],
  [
    0.1,
    0.4,
    "rock, classic rock, hard rock, garage rock, britpop, indie rock, new wave, hip-hop, hip hop, rap, blues rock, glam rock, arena rock",
  ],
  [
    0.3,
    -0.4,
    "lounge, downtempo, acoustic, singer-songwriter, jazz, smooth jazz, cool jazz, bossa, chamber pop, dream pop, dreampop, lo-fi, chillwave",
  ],
  [
    0,
    -0.4,
    "folk, indie folk, ambient, drone, classical, piano, trip-hop, trip hop, post-rock, soundtrack, instrumental, shoegaze, minimalism",
  ],
  [-0.3, -0.4, "slowcore, sadcore, dark ambient, neofolk, funeral, requiem, dark folk, blues"],
  [
    -0.2,
    0.5,
    "punk, punk rock, grunge, alternative rock, post-punk, gothic rock, nu metal, emo, gangsta rap, industrial rock, alternative metal",
  ],
  [
    -0.4,
    0.7,
    "metal, heavy metal, thrash metal, metalcore, hardcore, screamo, post-hardcore, industrial, noise, deathcore, hardcore punk",
  ],
  [
    -0.6,
    0.7,
    "death metal, black metal, grindcore, brutal death metal, goregrind, technical death metal, brutal, sludge, aggrotech",
  ],
  [
    -0.4,
    0,
    "gothic, goth, darkwave, doom metal, gothic metal, dark electro, witch house, coldwave, symphonic black metal",
  ],
  [
    0.1,
    0.7,
    "power metal, speed metal, symphonic metal, drum n bass, dubstep, breakbeat, hard trance, hardstyle, gabber",
  ],
];

/** The lexicon that is used unless another is given. */
export const defaultMoodLexicon: MoodLexicon = new Map(
  places.flatMap(([valence, arousal, tags]) => tags.split(", ").map((tag) => [tag, [valence, arousal]] as const)),
);

/** A tag as evidence. */
export interface MoodTag {
  readonly name: string;
  /** How well it fits the track, from 0 to 1. Defaults to 1. */
  readonly weight?: number | undefined;
}

/** A tag as the lexicon writes it: lower case, one kind of hyphen and space. */
export function normaliseTag(tag: string): string {
  return tag
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[‐‑–—_]/g, "-")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** How much a tag says that has the lexicon's words only among others, such as "sad female vocals". */
const PARTIAL_WEIGHT = 0.6;

/** Where a tag stands and how much of it is known, from 0 to 1; undefined when the lexicon has none of its words. */
export function placeOf(
  lexicon: MoodLexicon,
  tag: string,
): { readonly point: MoodPoint; readonly share: number } | undefined {
  const normal = normaliseTag(tag);
  const whole =
    lexicon.get(normal) ?? lexicon.get(normal.replaceAll("-", " ")) ?? lexicon.get(normal.replaceAll(" ", "-"));
  if (whole !== undefined) return { point: whole, share: 1 };
  const words = normal.split(/[^\p{L}\p{N}&]+/u);
  // "not sad" says something, but not what "sad" says.
  if (words.some((word) => word === "not" || word === "no" || word === "non")) return undefined;
  const found: MoodPoint[] = words.flatMap((word) => {
    const point = lexicon.get(word);
    return point === undefined ? [] : [point];
  });
  if (found.length === 0) return undefined;
  const mean = (axis: 0 | 1) => found.reduce((sum, point) => sum + point[axis], 0) / found.length;
  return { point: [mean(0), mean(1)], share: PARTIAL_WEIGHT };
}
