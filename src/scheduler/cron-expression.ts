/** A text that was understood, or why it was not, in words for the person who wrote it. */
export type Parsed<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly why: string };

/**
 * The values at which an expression comes, ascending. A day must be in both lists of days where one of them is
 * complete, and in either where neither is (crontab(5)). Days of the week are 0 (Sunday) to 6.
 */
export type CronFields = {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  readonly months: readonly number[];
  readonly daysOfWeek: readonly number[];
};

type FieldKind = {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  /** Names for the values from `low` on. */
  readonly names: readonly string[];
};

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const MINUTE: FieldKind = { title: 'field 1 (minute)', low: 0, high: 59, names: [] };
const HOUR: FieldKind = { title: 'field 2 (hour)', low: 0, high: 23, names: [] };
const DAY_OF_MONTH: FieldKind = { title: 'field 3 (day of month)', low: 1, high: 31, names: [] };
const MONTH: FieldKind = { title: 'field 4 (month)', low: 1, high: 12, names: MONTHS };
const DAY_OF_WEEK: FieldKind = { title: 'field 5 (day of week)', low: 0, high: 7, names: WEEKDAYS };

const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
]);

/**
 * Reads a cron expression as strictly as the strictest cron does: cron-parser alone takes four fields for
 * "every minute" and six for seconds (tried with 5.10.5), and a slip of the pen would go unnoticed.
 *
 *     expression := nickname | minute hour day-of-month month day-of-week
 *     field      := item (',' item)*
 *     item       := ('*' | value '-' value) ['/' step] | value
 *     value      := number | the first three letters of a month or weekday
 */
export function parseCronExpression(text: string): Parsed<CronFields> {
  if (!/^[ -~\t]*$/.test(text)) return invalid('a cron expression has letters, digits, blanks and * , - / only');
  const expression = text.trim();
  if (expression.startsWith('@')) return parseNickname(expression.toLowerCase());
  const [minute, hour, dayOfMonth, month, dayOfWeek, ...more] = expression.split(/[ \t]+/);
  if (!minute || !hour || !dayOfMonth || !month || !dayOfWeek) return invalid(wrongCount(expression));
  if (more.length > 0) return invalid(`${wrongCount(expression)}; there are no seconds in cron, use a period (30s)`);
  return parseFields({ minute, hour, dayOfMonth, month, dayOfWeek });
}

/** Returns the fields of an expression that was checked when it came in; any other one is a bug. */
export function cronFields(expression: string): CronFields {
  const parsed = parseCronExpression(expression);
  if (parsed.kind === 'invalid') throw new Error(`schedule was never checked: ${parsed.why}`);
  return parsed.value;
}

const valid = <T>(value: T): Parsed<T> => ({ kind: 'valid', value });
const invalid = (why: string): { readonly kind: 'invalid'; readonly why: string } => ({ kind: 'invalid', why });

function wrongCount(expression: string): string {
  const count = expression === '' ? 0 : expression.split(/[ \t]+/).length;
  const fields = 'minute, hour, day of month, month, day of week';
  return `'${expression}' has ${count} ${count === 1 ? 'field' : 'fields'} instead of 5 (${fields})`;
}

function parseNickname(nickname: string): Parsed<CronFields> {
  const expression = NICKNAMES.get(nickname);
  if (expression !== undefined) return parseCronExpression(expression);
  if (nickname === '@reboot') {
    return invalid(`'@reboot' is not a time; what was missed while the machine was off is made up for anyway`);
  }
  return invalid(`'${nickname}' is not one of ${[...NICKNAMES.keys()].join(', ')}`);
}

type FieldTexts = {
  readonly minute: string;
  readonly hour: string;
  readonly dayOfMonth: string;
  readonly month: string;
  readonly dayOfWeek: string;
};

function parseFields(texts: FieldTexts): Parsed<CronFields> {
  const minutes = parseField(texts.minute, MINUTE);
  if (minutes.kind === 'invalid') return minutes;
  const hours = parseField(texts.hour, HOUR);
  if (hours.kind === 'invalid') return hours;
  const daysOfMonth = parseField(texts.dayOfMonth, DAY_OF_MONTH);
  if (daysOfMonth.kind === 'invalid') return daysOfMonth;
  const months = parseField(texts.month, MONTH);
  if (months.kind === 'invalid') return months;
  const weekdays = parseField(texts.dayOfWeek, DAY_OF_WEEK);
  if (weekdays.kind === 'invalid') return weekdays;
  const daysOfWeek = ascending(weekdays.value.map((day) => day % 7));
  const days = settleDays(texts, daysOfMonth.value, daysOfWeek);
  if (days.kind === 'invalid') return days;
  const fields = { minutes: minutes.value, hours: hours.value, months: months.value, ...days.value };
  return comesEver(fields)
    ? valid(fields)
    : invalid(`${DAY_OF_MONTH.title} '${texts.dayOfMonth}' never comes in ${MONTH.title} '${texts.month}'`);
}

type Days = Pick<CronFields, 'daysOfMonth' | 'daysOfWeek'>;

/**
 * Settles how the two fields of days go together: a field that starts with `*` must match besides the other one,
 * one that does not is an alternative to it. What a step on `*` means beside a weekday differs: Debian's cron wants
 * both to match (tried under faketime), cron-parser either. So that one is refused.
 */
function settleDays(texts: FieldTexts, daysOfMonth: readonly number[], daysOfWeek: readonly number[]): Parsed<Days> {
  const everyDayOfMonth = daysOfMonth.length === 31;
  const everyDayOfWeek = daysOfWeek.length === 7;
  const starOfMonth = texts.dayOfMonth.startsWith('*');
  const starOfWeek = texts.dayOfWeek.startsWith('*');
  if (starOfMonth && !everyDayOfMonth && !(starOfWeek && everyDayOfWeek)) {
    return invalid(ambiguous(DAY_OF_MONTH, texts.dayOfMonth, DAY_OF_WEEK, texts.dayOfWeek));
  }
  if (starOfWeek && !everyDayOfWeek && !(starOfMonth && everyDayOfMonth)) {
    return invalid(ambiguous(DAY_OF_WEEK, texts.dayOfWeek, DAY_OF_MONTH, texts.dayOfMonth));
  }
  const eitherIsEvery = !starOfMonth && !starOfWeek && (everyDayOfMonth || everyDayOfWeek);
  return valid(
    eitherIsEvery ? { daysOfMonth: range(1, 31, 1), daysOfWeek: range(0, 6, 1) } : { daysOfMonth, daysOfWeek },
  );
}

function ambiguous(starred: FieldKind, text: string, other: FieldKind, otherText: string): string {
  const plain = text.replace('*', starred === DAY_OF_WEEK ? '0-6' : `${starred.low}-${starred.high}`);
  const both = `${starred.title} '${text}' with ${other.title} '${otherText}'`;
  return `${both} means days that match both to some crons and either to others; write '${plain}' for either`;
}

function comesEver(fields: CronFields): boolean {
  if (fields.daysOfWeek.length < 7) return true;
  const [firstDay = 31] = fields.daysOfMonth;
  return fields.months.some((month) => (LONGEST_MONTHS[month - 1] ?? 0) >= firstDay);
}

function parseField(text: string, kind: FieldKind): Parsed<readonly number[]> {
  const values: number[] = [];
  for (const item of text.split(',')) {
    const parsed = parseItem(item, kind);
    if (parsed.kind === 'invalid') return parsed;
    values.push(...parsed.value);
  }
  return valid(ascending(values));
}

function parseItem(item: string, kind: FieldKind): Parsed<readonly number[]> {
  const [span = '', stepText, ...more] = item.split('/');
  const [fromText = '', toText, ...tail] = span.split('-');
  if (more.length > 0 || tail.length > 0) return invalid(`${kind.title} '${item}' is not understood`);
  const from = fromText === '*' ? kind.low : parseValue(fromText, kind);
  const to = fromText === '*' ? kind.high : parseValue(toText ?? fromText, kind);
  if (from === undefined || to === undefined || (fromText === '*' && toText !== undefined)) {
    return invalid(`${kind.title} '${item}' is not in ${allowed(kind)}`);
  }
  if (from > to) return invalid(`${kind.title} '${item}' runs backwards; write it as two ranges`);
  if (stepText === undefined) return valid(range(from, to, 1));
  if (toText === undefined && fromText !== '*') {
    return invalid(`${kind.title} '${item}' has a step but no range; write '${span}-${kind.high}/${stepText}'`);
  }
  const step = /^\d{1,2}$/.test(stepText) ? Number(stepText) : 0;
  if (step < 1 || step > kind.high) return invalid(`${kind.title} '${item}' has a step that is not in 1-${kind.high}`);
  return valid(range(from, to, step));
}

function parseValue(text: string, kind: FieldKind): number | undefined {
  const named = kind.names.indexOf(text.toLowerCase());
  if (named >= 0) return kind.low + named;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : -1;
  return value >= kind.low && value <= kind.high ? value : undefined;
}

function allowed(kind: FieldKind): string {
  const names = kind.names.length === 0 ? '' : ` or ${kind.names[0]}-${kind.names.at(-1)}`;
  return `${kind.low}-${kind.high}${names}`;
}

function range(from: number, to: number, step: number): readonly number[] {
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(value);
  return values;
}

const ascending = (values: readonly number[]): readonly number[] => [...new Set(values)].sort((a, b) => a - b);
