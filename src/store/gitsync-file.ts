/**
 * Reads GitSync's own configuration, as Python's ConfigParser does: `[section]` lines, `name = value` or `name: value`
 * (case does not matter), indented lines that go on with a value, `#` and `;` before comments, `%%` for `%`; what stands in
 * `[DEFAULT]` holds for every section. Returns the value of `work_dir` in `[gitsync]`, or undefined when there is none.
 */
export function readWorkDir(text: string): string | undefined {
  let section = '';
  let name: string | undefined;
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\[([^\]]*)\]/.exec(line)?.[1];
    const [, key, first] = /^([^\s:=][^:=]*?)\s*[:=]\s*(.*)$/.exec(line) ?? [];
    if (header !== undefined) {
      section = header;
      name = undefined;
    } else if (/^\s/.test(line) && name !== undefined) {
      values.set(name, `${values.get(name) ?? ''}\n${uncommented(line.trim())}`);
    } else if (key !== undefined) {
      name = `${section} ${key.toLowerCase()}`;
      values.set(name, uncommented(first ?? ''));
    }
  }
  return (values.get('gitsync work_dir') ?? values.get('DEFAULT work_dir'))?.replaceAll('%%', '%').trim();
}

const uncommented = (value: string): string => value.replace(/\s;.*$/, '').trim();

/**
 * Parts a list of paths: at commas, as GitSync does, and at white space, as its own example has it. A path may hold blanks
 * itself: what exists as it stands is one path.
 */
export function splitWorkDir(value: string, exists: (path: string) => boolean): readonly string[] {
  const items = value.split(/[,\n]/).map((item) => item.trim());
  return items.filter((item) => item !== '').flatMap((item) => (exists(item) ? [item] : parted(item, exists)));
}

/** Joins words as far as that gives something that exists, the longest first; a word that begins nothing stands alone. */
function parted(item: string, exists: (path: string) => boolean): readonly string[] {
  const found: string[] = [];
  for (let words = item.split(/\s+/); words.length > 0; ) {
    let count = words.length;
    while (count > 1 && !exists(words.slice(0, count).join(' '))) count -= 1;
    found.push(words.slice(0, count).join(' '));
    words = words.slice(count);
  }
  return found;
}
