import type { MirrorRef, MirrorReport, MirrorVerdict } from '../model/mirror.js';
import { printable } from '../system/printable.js';
import { colour, foreign } from '../system/terminal.js';

const COLOURS: Readonly<Record<MirrorVerdict, 'green' | 'yellow' | 'red' | 'dim'>> = {
  mirrored: 'green',
  conflict: 'red',
  offline: 'yellow',
  attention: 'red',
  failed: 'red',
  skipped: 'dim',
};

const SHOWN = 20;

/** Tells in a few lines what a run of a mirror did. */
export function describeMirror(report: MirrorReport): readonly string[] {
  const { name, verdict, exported, refs, leftOut, verified, why } = report;
  const reason = why === '' ? '' : ` — ${foreign(why)}`;
  return [
    `${name}: ${colour(COLOURS[verdict], verdict)}${reason}`,
    ...(exported === 0 ? [] : [`  mirrored   ${exported} ${exported === 1 ? 'changeset' : 'changesets'}`]),
    ...shortened(refs.map(describeRef)),
    ...shortened(
      leftOut.map(
        ({ path, changeset }) =>
          `  left out   ${printable(path)} (${changeset.slice(0, 12)}: git cannot hold the name)`,
      ),
    ),
    ...(verified === null
      ? []
      : [`  compared   ${verified.revisions} revisions, ${verified.differences.length} differ`]),
  ];
}

const WORDS: Readonly<Record<MirrorRef['kind'], string>> = {
  created: 'new       ',
  advanced: 'advanced  ',
  'tag-moved': 'moved     ',
  removed: 'removed   ',
  'moved-there': 'left alone',
  refused: 'refused   ',
  kept: 'kept      ',
};

const describeRef = ({ ref, kind, why }: MirrorRef): string =>
  `  ${WORDS[kind]} ${printable(ref.replace(/^refs\/(heads\/)?/, ''))}${why === undefined ? '' : `: ${foreign(why)}`}`;

const shortened = (lines: readonly string[]): readonly string[] =>
  lines.length <= SHOWN ? lines : [...lines.slice(0, SHOWN), `  and ${lines.length - SHOWN} more`];
