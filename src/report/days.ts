/** A piece of the time that a report is about: a day, or several where there would be too many; a column of its tables. */
export type Span = { readonly start: number; readonly end: number };

const MOST_COLUMNS = 31;

/** Parts a time into days of this machine's calendar, or into spans of as many days as make few enough of them. */
export function spans(since: number, until: number): readonly Span[] {
  const first = startOfDay(since);
  let days = 1;
  while (nextDay(first, days * MOST_COLUMNS) <= until) days += 1;
  const found: Span[] = [];
  for (let start = first; start <= until; start = nextDay(start, days))
    found.push({ start, end: nextDay(start, days) });
  return found;
}

/** Returns in which span a time lies; a time outside counts for the nearest one. */
export function spanOf(found: readonly Span[], at: number): number {
  const index = found.findIndex(({ end }) => at < end);
  return index < 0 ? found.length - 1 : index;
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** By the calendar: a day on which the clocks are changed is not of 24 hours. */
function nextDay(start: number, days: number): number {
  const time = new Date(start);
  return time.setDate(time.getDate() + days);
}
