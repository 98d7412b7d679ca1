import stringWidth from 'string-width';

/** Returns how many columns of a terminal a text takes: two for a wide character, none for a colour. */
export const textWidth = (text: string): number => stringWidth(text);

/** Returns a text with as many blanks behind it as make it so many columns wide. */
export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - textWidth(text)));

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Returns a text that has no colours in at most so many columns; what is too long ends with `…`. */
export function clipped(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return width < 1 ? '' : `${headOf(partsOf(text), width - 1)}…`;
}

/** Returns a path in at most so many columns: what is too long begins with `…`, for its end says most. */
export function clippedPath(path: string, width: number): string {
  if (textWidth(path) <= width) return path;
  if (width < 1) return '';
  const tail = partsOf(headOf(partsOf(path).reverse(), width - 1))
    .reverse()
    .join('');
  const slash = tail.indexOf('/');
  // A whole name reads better than some letters more.
  return `…${slash > 0 && slash < tail.length / 2 ? tail.slice(slash) : tail}`;
}

const partsOf = (text: string): string[] => [...graphemes.segment(text)].map(({ segment }) => segment);

/** Joins as many parts as fit. */
function headOf(parts: readonly string[], width: number): string {
  let head = '';
  let left = width;
  for (const part of parts) {
    left -= textWidth(part);
    if (left < 0) break;
    head += part;
  }
  return head;
}
