/** Words in brackets that name a kind of upload, not a different piece of music. */
const UPLOAD_NOTES =
  /[([][^)\]]*\b(?:official|lyrics?|video|audio|visuali[sz]er|hd|hq|4k|remaster(?:ed)?)\b[^)\]]*[)\]]/giu;
const FEATURING = /[([]?\b(?:feat|ft|featuring)\b\.?[^)\]]*[)\]]?/giu;

/**
 * A key under which two spellings of the same piece meet: case, accents, punctuation, "(Official Video)" and "feat. …" do not
 * count. A title that consists of nothing else keeps its letters, so that no two of those meet by accident.
 */
export function trackKey(artist: string, title: string): string {
  return `${normalise(artist)}\u001f${normalise(title.replace(UPLOAD_NOTES, " ").replace(FEATURING, " ")) || normalise(title)}`;
}

/** The same for an artist's name alone. */
export function artistKey(artist: string): string {
  return normalise(artist);
}

function normalise(text: string): string {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = plain.replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  return words === "" ? plain.trim() : words;
}
