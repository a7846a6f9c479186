/** What of a track tells that two of them are the same song. */
interface Titled {
  readonly title: string;
  readonly author: string;
}

const DECORATION =
  /\b(official|video|audio|lyrics?|visuali[sz]er|remaster(ed)?|remix(ed)?|hd|hq|4k|live|mv|version|edit|explicit|clean|full album|topic|vevo)\b/u;
const BRACKETED = /[([{][^)\]}]*[)\]}]/gu;
const FEATURED = /\s(feat|ft|featuring)\b\.?.*$/u;

function plain(text: string): string {
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase().trim();
}

function words(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim();
}

/** An artist's name without what channels add to it. */
export function artistKey(author: string): string {
  return words(
    plain(author)
      .replace(/\s-\stopic$/u, "")
      .replace(/vevo$/u, "")
      .replace(FEATURED, ""),
  );
}

/** A song's name without artist, guests, and remarks such as "(Official Video)" or "- Remastered 2011". */
export function titleKey({ title, author }: Titled): string {
  const artist = artistKey(author);
  const bare = plain(title).replaceAll(BRACKETED, (part) =>
    DECORATION.test(part) || FEATURED.test(` ${part.slice(1)}`) ? " " : part,
  );
  const parts = bare.split(/\s[-–—|]\s/u).filter((part) => !DECORATION.test(part) && words(part) !== artist);
  const kept = words((parts.length > 0 ? parts.join(" ") : bare).replace(FEATURED, ""));
  return kept === "" ? words(plain(title)) : kept;
}

/** One key for all uploads of one song. */
export function songKey(track: Titled): string {
  return `${artistKey(track.author)}\n${titleKey(track)}`;
}
