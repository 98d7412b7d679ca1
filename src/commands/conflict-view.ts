import type { OpenConflict, Side } from '../engine/inbox.js';
import { printable } from '../system/printable.js';
import { foreign } from '../system/terminal.js';
import { relativeTime } from '../system/time-words.js';
import { shownTime } from './render.js';

/** Tells of a conflict in a few lines: which file, of what kind, since when, and whose versions stand where. */
export function describeConflict(conflict: OpenConflict, now: number): readonly string[] {
  const { path, kind, since, state } = conflict;
  const paused = state === 'paused' ? ', nothing is merged until you say how' : '';
  const what = kind === undefined ? '' : ` (${kind})`;
  return [
    `${printable(path)}${what}, since ${shownTime(since)}, ${relativeTime(since, now)}${paused}`,
    ...sides(conflict).map(({ whose, side }) => `  ${whose}: ${shownSide(conflict, side)}`),
  ];
}

/** Names the two versions as a person thinks of them, his own first where one is. */
function sides({ mine, kept, other }: OpenConflict): readonly { readonly whose: string; readonly side: Side }[] {
  const by = (word: string, { machine }: Side): string =>
    machine === undefined ? word : `${word === '' ? '' : `${word}, `}${foreign(machine)}`;
  if (mine === undefined) return [kept, other].map((side) => ({ whose: by('', side) || 'unknown', side }));
  const [own, their] = mine === 'kept' ? [kept, other] : [other, kept];
  return [
    { whose: by('mine', own), side: own },
    { whose: by('theirs', their), side: their },
  ];
}

function shownSide({ state }: OpenConflict, { path }: Side): string {
  if (path !== undefined) return `'${printable(path)}'`;
  return state === 'paused' ? 'on the hub' : 'in no file';
}

const sideJson = ({ path, machine }: Side): unknown => ({ path: path ?? null, machine: machine ?? null });

/** Tells of a conflict in a repository, for programs. */
export const conflictJson = (
  repo: { readonly path: string; readonly vcs: string },
  conflict: OpenConflict,
): unknown => ({
  repo: repo.path,
  vcs: repo.vcs,
  state: conflict.state,
  path: conflict.path,
  copy: conflict.copy ?? null,
  kind: conflict.kind ?? null,
  since: new Date(conflict.since).toISOString(),
  versions: { kept: sideJson(conflict.kept), other: sideJson(conflict.other) },
  mine: conflict.mine ?? null,
});
