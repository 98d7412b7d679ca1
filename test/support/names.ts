import fc from 'fast-check';

/** Tells whether a text has no half characters: only then do its bytes say the same. */
export const isWellFormed = (text: string): boolean => Buffer.from(text, 'utf8').toString('utf8') === text;

/** Any name that a path may have as text: not empty, no NUL. */
export const anyName: fc.Arbitrary<string> = fc
  .string({ unit: 'binary', minLength: 1 })
  .filter((text) => !text.includes('\0') && isWellFormed(text));
