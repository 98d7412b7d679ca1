import { joinPath, makeFolder, readTextIfPresent, writeAtomically } from '../../system/files.js';
import type { Repository } from './repository.js';

type Place = Pick<Repository, 'privateFolder'>;

/** More than a machine makes while its hub is out of reach. */
const MOST = 5_000;

const file = ({ privateFolder }: Place): ReturnType<typeof joinPath> => joinPath(privateFolder, 'snapshots');

/**
 * Returns the snapshots that this machine made of its own accord, one id a line: the trailer alone does not tell, since one
 * that a person amends keeps it, and what he asked for in words of his own bears it, too.
 */
export const madeSnapshots = (repository: Place): ReadonlySet<string> =>
  new Set((readTextIfPresent(file(repository)) ?? '').split('\n').filter((line) => /^[0-9a-f]{40,64}$/.test(line)));

/** Remembers snapshots; where nobody wants them squashed there is nothing to remember. */
export function rememberSnapshots(
  repository: Place & Pick<Repository, 'settings' | 'messages'>,
  ids: readonly string[],
): void {
  if (repository.settings.squashSeconds === 0 || repository.messages.isGivenByHand) return;
  makeFolder(repository.privateFolder);
  const all = [...new Set([...madeSnapshots(repository), ...ids])].slice(-MOST);
  writeAtomically(file(repository), `${all.join('\n')}\n`);
}
