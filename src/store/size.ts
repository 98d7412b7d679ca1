/** The units of a size in bytes, largest first. */
const UNITS = [
  ['GiB', 1024 ** 3],
  ['GB', 1000 ** 3],
  ['MiB', 1024 ** 2],
  ['MB', 1000 ** 2],
  ['KiB', 1024],
  ['kB', 1000],
  ['B', 1],
] as const;

/** Grammar: `<digits>[.<digits>]<unit>`, upper and lower case alike: `100MB`, `1.5GiB`, `64kb`. */
const SIZE = /^(\d+(?:\.\d+)?)([kmg]i?b|b)$/i;

/** Returns a size in whole bytes, or undefined when the text is none. */
export function parseSize(text: string): number | undefined {
  const [, digits, suffix] = SIZE.exec(text) ?? [];
  const unit = UNITS.find(([name]) => name.toLowerCase() === suffix?.toLowerCase());
  if (digits === undefined || unit === undefined) return undefined;
  const bytes = Math.round(Number(digits) * unit[1]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Returns whole bytes in the largest unit that holds them exactly, so that {@link parseSize} gets them back. */
export function renderSize(bytes: number): string {
  const [name, factor] = UNITS.find(([, size]) => bytes >= size && bytes % size === 0) ?? ['B', 1];
  return `${bytes / factor}${name}`;
}
