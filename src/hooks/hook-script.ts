import { posix } from 'node:path';

const SHELLS: ReadonlySet<string> = new Set(['sh', 'ash', 'bash', 'dash', 'ksh', 'mksh', 'oksh', 'yash', 'zsh']);

/**
 * A script that hands itself to another interpreter (`exec node "$0"` in a file that is shell and JavaScript at once)
 * or reads data from its own end by line number.
 */
const READS_ITSELF = /\b(exec|head|tail|sed|awk)\b[^\n]*\$(0\b|\{0\}|\{?BASH_SOURCE\b)/;

/** Tells whether lines of shell can be put below a hook's first line without any harm to the rest. */
export function takesShellLines(hook: Uint8Array): boolean {
  const text = decode(hook);
  if (text.includes('\0') || READS_ITSELF.test(text)) return false;
  // Without a `#!` line the kernel refuses, and git hands the file to sh.
  return !text.startsWith('#!') || SHELLS.has(interpreter(text));
}

/** Tells whether a hook is one that git-lfs has written, and all of it (git-lfs, lfs/hook.go). */
export const isOfGitLfs = (hook: Uint8Array): boolean =>
  /^#!\/bin\/sh\ncommand -v git-lfs [^\n]*\ngit lfs post-[a-z]+ "\$@"\n$/.test(decode(hook));

/** Tells whether a script's first line ends as on Windows: elsewhere no system finds the program that it asks for. */
export const hasForeignLineEnd = (hook: Uint8Array): boolean => /^#![^\n]*\r(\n|$)/.test(decode(hook));

/**
 * Returns the name of the program that a script's first line asks for:
 * `#!` [blanks] program [words], where `env` [options] [NAME=value…] and `busybox` stand before the real one.
 */
function interpreter(text: string): string {
  const words = (/^#![ \t]*([^\n]*)/.exec(text)?.[1] ?? '').split(/[ \t]+/);
  const names = words.map((word) => posix.basename(word));
  if (names[0] === 'env') names.splice(0, 1 + Math.max(0, words.slice(1).findIndex(isProgram)));
  if (names[0] === 'busybox') names.shift();
  return names[0] ?? '';
}

const isProgram = (word: string): boolean => !word.startsWith('-') && !word.includes('=');

const decode = (hook: Uint8Array): string =>
  Buffer.from(hook.buffer, hook.byteOffset, hook.byteLength).toString('latin1');
