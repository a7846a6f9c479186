const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/** `20 Nov 2020 09:35` and `24 Jan 2023, 09:42`. */
const DAY_FIRST = /^(\d{1,2}) ([a-z]{3})[a-z]* (\d{4}),? (\d{1,2}):(\d{2})(?::(\d{2}))?$/i;
/** `2020-11-20 09:35:12`, with a T, fractions and a zone when it is ISO 8601. */
const YEAR_FIRST =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?: ?(Z|UTC|[+-]\d{2}:?\d{2}))?$/i;

/**
 * A date of an export, in milliseconds since the Unix epoch; NaN for anything else. Without a zone it is UTC, as Last.fm writes it.
 * Whole numbers are seconds, or milliseconds when they have thirteen digits.
 */
export function parseDate(text: string): number {
  if (/^\d{1,13}$/.test(text)) return wholeNumber(text);
  const dayFirst = DAY_FIRST.exec(text);
  if (dayFirst !== null) {
    const [, day, month = "", year, hour, minute, second = "0"] = dayFirst;
    return toTime([year, MONTHS.indexOf(month.toLowerCase()) + 1, day, hour, minute, second].map(Number));
  }
  const yearFirst = YEAR_FIRST.exec(text);
  if (yearFirst === null) return Number.NaN;
  const [, year, month, day, hour, minute, second = "0", fraction = "0", zone = "Z"] = yearFirst;
  const timeMs = toTime([year, month, day, hour, minute, second].map(Number));
  return timeMs + Math.floor(Number(`0.${fraction}`) * 1_000) - zoneMs(zone);
}

function wholeNumber(text: string): number {
  if (text.length === 13) return Number(text);
  return text.length <= 10 ? Number(text) * 1_000 : Number.NaN;
}

/** NaN when a part is out of its range, which `Date.UTC` would carry over in silence. */
function toTime([year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: readonly number[]): number {
  const timeMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(timeMs);
  const isReal =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 61;
  return isReal ? timeMs : Number.NaN;
}

function zoneMs(zone: string): number {
  const parts = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (parts === null) return 0;
  const minutes = Number(parts[2]) * 60 + Number(parts[3]);
  return (parts[1] === "-" ? -minutes : minutes) * 60_000;
}
