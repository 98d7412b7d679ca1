/** Which paths of a tree are meant: all that some pattern includes (without one, all) and that none leaves out. */
export type PathPatterns = { readonly include: readonly string[]; readonly ignore: readonly string[] };

/**
 * Returns which of some paths are meant by patterns, as fast-glob reads them, without a look at the disk: some of the paths
 * are gone. A pattern may come from whoever can push, so the time that it takes grows with its length times the path's, and
 * never faster, as it would with an expression that goes back.
 */
export function selectPaths(paths: readonly string[], { include, ignore }: PathPatterns): ReadonlySet<string> {
  const [included, ignored] = [include.map(parsePattern), ignore.map(parsePattern)];
  const isMeant = (path: string): boolean => {
    const names = path.replace(/\/$/, '').split('/');
    const matches = (pattern: Pattern): boolean => matchesPath(pattern, names);
    return (included.length === 0 || included.some(matches)) && !ignored.some(matches);
  };
  return new Set(paths.filter(isMeant));
}

/** One letter of a name: whether it may stand there; or a star, which stands for any number of any. */
type Token = '*' | ((letter: string) => boolean);

/** What stands for one name, or for any number of names. */
type Part = '**' | readonly Token[];
type Pattern = readonly Part[];

/** A pattern of one name means that name in any folder, one with a folder in it is meant from the top. */
function parsePattern(pattern: string): Pattern {
  const plain = pattern.replace(/\/$/, '');
  const names = plain.replace(/^\//, '').split('/');
  const parts = names.map((name, at): Part => {
    // At the end it means all that is in the folder, and not the folder.
    if (name === '**') return at === names.length - 1 ? ['*'] : '**';
    return parseName(name);
  });
  return plain.includes('/') ? parts : ['**', ...parts];
}

/** Reads `*`, `?`, `[abc]`, `[a-z]` and `[!abc]`; a bracket that nothing closes stands for itself. */
function parseName(name: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [text, negated, letters] of name.matchAll(/\[([!^]?)([^\]]+)\]|[\s\S]/gu)) {
    if (letters !== undefined) tokens.push(classOf(letters, negated !== ''));
    else if (text === '*') tokens.push('*');
    else tokens.push(text === '?' ? () => true : (letter) => letter === text);
  }
  return tokens;
}

function classOf(letters: string, isNegated: boolean): Token {
  const ranges = [...letters.matchAll(/([\s\S])-([\s\S])|([\s\S])/gu)].map(([, from, to, only]) => ({
    from: from ?? only ?? '',
    to: to ?? only ?? '',
  }));
  return (letter) => ranges.some(({ from, to }) => from <= letter && letter <= to) !== isNegated;
}

/** Tells whether a pattern means a path, or a folder that it lies in: every place in the pattern is followed at once. */
function matchesPath(pattern: Pattern, names: readonly string[]): boolean {
  let places = withSkipped(pattern, new Set([0]));
  for (const name of names) {
    const next = new Set<number>();
    const letters = [...name];
    for (const place of places) {
      const part = pattern[place];
      if (part === '**') next.add(place);
      else if (part !== undefined && matchesName(part, letters)) next.add(place + 1);
    }
    places = withSkipped(pattern, next);
    if (places.has(pattern.length)) return true;
  }
  return false;
}

/** Adds the places behind each `**`, which may stand for no name at all. */
function withSkipped(pattern: Pattern, places: Set<number>): ReadonlySet<number> {
  for (const place of places) if (pattern[place] === '**') places.add(place + 1);
  return places;
}

/** Tells whether tokens mean a name; of several stars only the last has to be tried again. */
function matchesName(tokens: readonly Token[], letters: readonly string[]): boolean {
  let [at, letter, star, resume] = [0, 0, -1, 0];
  while (letter < letters.length) {
    const token = tokens[at];
    if (token === '*') {
      [star, resume] = [at, letter];
      at += 1;
    } else if (token?.(letters[letter] ?? '') === true) {
      at += 1;
      letter += 1;
    } else {
      if (star < 0) return false;
      resume += 1;
      [at, letter] = [star + 1, resume];
    }
  }
  return tokens.slice(at).every((token) => token === '*');
}
