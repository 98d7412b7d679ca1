/** Characters that file systems of macOS leave out of a name when they compare it. */
const IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

/** Returns a name as those file systems compare it. */
export const withoutIgnored = (name: string): string => name.replaceAll(IGNORED, '');

/** What Windows leaves out at a name's end, and the name of a stream within a file. */
const CUT_OFF = /[ .]*(:.*)?$/s;

/** `.git` and `.hg`, and the short names that Windows gives them. */
const METADATA = /^(\.(git|hg)|(git|hg)~\d+)$/i;

/** Tells whether a name is, on whatever file system, that of a repository's own folder; a commit holds no such name. */
export const isMetadataName = (name: string): boolean => METADATA.test(withoutIgnored(name).replace(CUT_OFF, ''));

/** Tells whether a path is a repository's own folder, or lies in one; to Windows a backslash divides names as well. */
export const liesInMetadata = (path: string): boolean => path.split(/[/\\]/).some(isMetadataName);
