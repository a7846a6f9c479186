import { RecommenderError } from "../error.ts";

/** A moment as a clock on a wall shows it. */
export interface LocalTime {
  /** `2026-11-21` */
  readonly day: string;
  /** From 0 to 23. */
  readonly hour: number;
}

/**
 * Tells what a clock in a time zone of the IANA shows.
 *
 * @throws RecommenderError RECOMMENDER_CHART_INVALID for a zone that does not exist
 */
export function localClock(timeZone = "UTC"): (atMs: number) => LocalTime {
  const format = formatIn(timeZone);
  return (atMs) => {
    const [day = "", hour = "0"] = format.format(atMs).split(", ");
    return { day, hour: Number(hour) % 24 };
  };
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  try {
    // Canada writes the parts in the order of ISO 8601.
    return new Intl.DateTimeFormat("en-CA", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      hourCycle: "h23",
    });
  } catch (error) {
    throw new RecommenderError(
      "RECOMMENDER_CHART_INVALID",
      `Cannot draw the chart: there is no time zone ${timeZone.slice(0, 80)}. Give a name such as Europe/Berlin.`,
      { cause: error },
    );
  }
}

/** The Monday of a day's week, and the first of its month. */
export function weekOf(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

/** The day that comes `days` after a day. */
export function dayAfter(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}
