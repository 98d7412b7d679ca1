import type { Moment, Revision } from '../versions.js';
import { hgFailure } from './command.js';
import type { Repository } from './repository.js';
import { parseRevision, REVISION_TEMPLATE } from './revision-template.js';
import { quoted } from './revisions.js';

/** Finds a changeset by its id, or the newest on the line of first parents below `from` that is not later than a time. */
export async function findRevision(
  { hg }: Pick<Repository, 'hg'>,
  moment: Moment,
  from: string,
): Promise<Revision | undefined> {
  if (moment.kind === 'revision' && !/^[0-9a-f]{4,40}$/i.test(moment.id)) return undefined;
  const which =
    moment.kind === 'revision'
      ? `id(${quoted(moment.id.toLowerCase())}) - null`
      : `limit(sort(_firstancestors(${from}) and date("<${Math.floor(moment.at / 1000)} 0"), -rev), 1)`;
  const args = ['log', `--rev=${which}`, '-T', REVISION_TEMPLATE];
  const { exitCode, stdout, ...ended } = await hg.run(args);
  if (exitCode !== 0) {
    // Several begin like this.
    if (/ambiguous/.test(ended.stderr)) return undefined;
    throw hgFailure(args, { exitCode, stdout, ...ended });
  }
  return stdout.length === 0 ? undefined : parseRevision(stdout.toString('utf8').split('\0'));
}
