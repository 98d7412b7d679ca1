/** The units of a duration in seconds, in the order in which they may stand. */
const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/**
 * Grammar: one or more of `<digits>d`, `<digits>h`, `<digits>m`, `<digits>s`, each at most once and in this order:
 * `90s`, `5m`, `1h30m`, `2d`.
 */
const DURATION = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/** Returns a duration in seconds, or undefined when the text is none. */
export function parseDuration(text: string): number | undefined {
  const found = DURATION.exec(text);
  if (found === null) return undefined;
  const seconds = UNITS.reduce((sum, [, factor], index) => sum + Number(found[index + 1] ?? 0) * factor, 0);
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}

/** Returns whole seconds as the shortest text from which {@link parseDuration} gets them back. */
export function renderDuration(seconds: number): string {
  let left = seconds;
  let text = '';
  for (const [unit, factor] of UNITS) {
    const count = Math.floor(left / factor);
    if (count > 0) text += `${count}${unit}`;
    left -= count * factor;
  }
  return text === '' ? '0s' : text;
}
