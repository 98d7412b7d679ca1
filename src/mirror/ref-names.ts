import { hashBytes } from '../system/hash.js';

/** What git forbids in a ref's name besides what is treated below (git help check-ref-format), and `/` at the ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]+|\.{2,}|@\{|[\ud800-\udfff]/gu;

const LOCK = /(\.lock)+$/i;

const MAX_BYTES = 180;

/** Returns the name that git can hold which is most like a name of Mercurial's; one that git can hold is kept. */
export function gitName(name: string): string {
  const parts = name
    .replaceAll(FORBIDDEN, '-')
    .split('/')
    .map((part) => part.replace(/^\.+/, '').replace(LOCK, '-lock'))
    .filter((part) => part !== '');
  const joined = shortened(parts.join('/'))
    .replace(/^[-./]+/, '')
    .replace(/[./]+$/, '')
    .replace(LOCK, '-lock');
  return joined === '' || joined === '@' || joined === 'HEAD' ? `named-${hashOf(name)}` : joined;
}

/** A file system has no room for more. */
function shortened(name: string): string {
  let text = name;
  while (Buffer.byteLength(text) > MAX_BYTES) text = [...text].slice(0, -1).join('');
  return text;
}

const hashOf = (text: string): string => hashBytes(text, 'sha256').slice(0, 8);

/** Gives names away, each once: a ref cannot have the name of another, nor of a folder in which another one is. */
export type NameGiver = (wanted: string) => string;

/** Returns a giver of names; whoever asks first gets the name itself, the others one that is made distinct. */
export function nameGiver(): NameGiver {
  const taken = new Set<string>();
  const folders = new Set<string>();
  return (wanted) => {
    const plain = gitName(wanted);
    const name = isFree(plain, { taken, folders }) ? plain : `${plain.replaceAll('/', '-')}-${hashOf(wanted)}`;
    // Compared without case: a clone on Windows or macOS has files for refs.
    taken.add(name.toLowerCase());
    for (const folder of foldersOf(name)) folders.add(folder);
    return name;
  };
}

type Given = { readonly taken: ReadonlySet<string>; readonly folders: ReadonlySet<string> };

const isFree = (name: string, { taken, folders }: Given): boolean =>
  !taken.has(name.toLowerCase()) && !folders.has(name.toLowerCase()) && !foldersOf(name).some((one) => taken.has(one));

const foldersOf = (name: string): readonly string[] => {
  const parts = name.toLowerCase().split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
};
