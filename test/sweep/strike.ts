import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Action, ERRORS, READ_ERRORS } from '../support/cut.js';
import type { Operation } from './operations.js';
import { topOf } from './reference.js';
import { type Ended, startCut } from './run-autosync.js';
import type { SweepWorld } from './sweep-world.js';

/** How a program saves a file. */
export const STYLES = ['append', 'replace', 'held', 'held-late'] as const;

/** What is done to an operation, at which of its calls (counted from one). */
export type Attack = {
  readonly at: number;
  /** Only calls whose description matches this glob pattern count. */
  readonly matching?: string;
} & (
  | { readonly kind: 'kill' | 'kill-after' | 'kill-child' }
  | { readonly kind: 'error'; readonly error: (typeof ERRORS)[number]; readonly sticky: boolean }
  /** Of the calls that read, which are counted by themselves; with a path, all of those that read there. */
  | { readonly kind: 'misread'; readonly error: (typeof READ_ERRORS)[number]; readonly path?: string }
  /** `held`: through a descriptor that was opened before it all; `held-late`: through one, when all has ended. */
  | { readonly kind: 'save'; readonly style: (typeof STYLES)[number]; readonly path: string }
);

/** What was done: how the run ended, how often something happened to it, and what must be found again. */
export type Struck = { readonly ended: Ended; readonly happened: number; readonly saved: readonly string[] };

let tokens = 0;

/** Runs an operation, and does to it what is planned. */
export async function strike(operation: Operation, what: Attack, world: SweepWorld): Promise<Struck> {
  const matching =
    what.kind === 'misread' && what.path !== undefined ? readingAt(operation, what.path, world) : undefined;
  const where = { at: what.at, ...(matching ?? (what.matching === undefined ? {} : { matching: what.matching })) };
  if (what.kind !== 'save') {
    const action = actionOf(what);
    const cut = await startCut(operation, world, { action, ...where });
    return { ended: cut, happened: cut.happened, saved: [] };
  }
  tokens += 1;
  const token = `SAVED ${tokens}`;
  const path = join(topOf(operation, world), what.path);
  if (what.style === 'held-late') {
    const file = openSync(path, 'a');
    const cut = await startCut(operation, world, { action: { kind: 'nothing' }, ...where });
    writeSync(file, `${token}\n`);
    closeSync(file);
    return { ended: cut, happened: 1, saved: [token] };
  }
  const held = what.style === 'held' ? { held: path } : {};
  const cut = await startCut(operation, world, {
    action: { kind: 'save', command: SAVES[what.style](token, path), ...held },
    ...where,
  });
  return { ended: cut, happened: cut.happened, saved: cut.happened > 0 ? [token] : [] };
}

/** Matches every call that reads at a path of the working tree; of one that ends with a slash, all below it. */
function readingAt(operation: Operation, path: string, world: SweepWorld): { readonly matching: string } {
  const quoted = `${topOf(operation, world)}/${path}`.replaceAll(/[[\]*?\\]/g, '\\$&');
  return { matching: `* ${quoted}${path.endsWith('/') ? '*' : ''}` };
}

function actionOf(what: Exclude<Attack, { kind: 'save' }>): Action {
  if (what.kind === 'misread') return { ...what, every: what.path !== undefined };
  return what.kind === 'error' ? what : { kind: what.kind };
}

/** What a shell is told, to save a line. */
const SAVES: Readonly<Record<'append' | 'replace' | 'held', (token: string, path: string) => string>> = {
  append: (token, path) => `echo '${token}' >>'${path}'`,
  replace: (token, path) => `[ ! -d '${path}' ] && echo '${token}' >'${path}~' && mv '${path}~' '${path}'`,
  held: (token) => `echo '${token}' >&4`,
};
