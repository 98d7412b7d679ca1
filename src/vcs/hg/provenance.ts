import type { RelativePath } from '../../model/paths.js';
import { MACHINE_TRAILER } from '../vcs.js';
import { exactly } from './command.js';
import type { Repository } from './repository.js';

/** Whose a version of a file is, and since when. */
export type Provenance = {
  /** The machine that the commit names, else its author. */
  readonly machine: string;
  /** Milliseconds since 1970 at which the commit was made. */
  readonly at: number;
};

/** The two ends of a merge, seen from the one whose version is looked for. */
export type ProvenanceQuestion = { readonly side: string; readonly other: string; readonly path: RelativePath };

/**
 * Finds the newest commit of one side alone that touched a path, and reads from it whose version it is: from the commit
 * alone, so that every machine reads the same.
 */
export async function provenance({ hg }: Pick<Repository, 'hg'>, question: ProvenanceQuestion): Promise<Provenance> {
  const { side, other, path } = question;
  const template = ['--limit=1', '-T', '{date|hgdate}\\0{author|person}\\0{desc}\\0'];
  const exact = await hg.text([
    'log',
    `--rev=sort(only(${side}, ${other}), -rev)`,
    ...template,
    '--',
    ...exactly([path]),
  ]);
  const text = exact === '' ? await hg.text(['log', `--rev=${side}`, ...template]) : exact;
  const [date = '0', author = '', description = ''] = text.split('\0');
  const trailers = [...description.matchAll(new RegExp(`^${MACHINE_TRAILER}: *(.+)$`, 'gm'))];
  const machine = trailers[0]?.[1]?.trim() ?? '';
  return { machine: machine === '' ? author : machine, at: Number(date.split(' ')[0]) * 1000 };
}
