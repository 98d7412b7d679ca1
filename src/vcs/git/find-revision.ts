import type { Moment, Revision } from '../versions.js';
import type { Repository } from './repository.js';
import { parseRevision, REVISION_FORMAT } from './revision-format.js';

type WithGit = Pick<Repository, 'git'>;

/** Finds a commit by its id, or the newest on the line of first parents below `from` that is not later than a time. */
export async function findRevision({ git }: WithGit, moment: Moment, from: string): Promise<Revision | undefined> {
  const which =
    moment.kind === 'revision'
      ? await commitNamed({ git }, moment.id)
      : await git.text(['rev-list', '-1', '--first-parent', `--min-age=${Math.floor(moment.at / 1000)}`, from]);
  if (which === undefined || which === '') return undefined;
  const text = await git.text(['log', '-1', '--no-walk', `--format=${REVISION_FORMAT}`, which]);
  return parseRevision(text.split('\0'));
}

/** Resolves an id, or its beginning; nothing else that git might take for a name counts. */
async function commitNamed({ git }: WithGit, id: string): Promise<string | undefined> {
  if (!/^[0-9a-f]{4,64}$/i.test(id)) return undefined;
  const result = await git.run(['rev-parse', '--verify', '--quiet', '--end-of-options', `${id}^{commit}`]);
  const found = result.stdout.toString('utf8').trim();
  // A branch may be called like an id.
  return result.exitCode === 0 && found.startsWith(id.toLowerCase()) ? found : undefined;
}
