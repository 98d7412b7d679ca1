import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, readTextIfPresent, remove, writeAtomically } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import type { FetchResult } from '../vcs.js';
import { hgIn } from './command.js';
import type { Repository } from './repository.js';

/** Tells the person once of extensions that no call of ours loads, since what they are made of comes with a push. */
export type PassedOver = {
  /** Adds to what a look at the hub has found what he has not been told yet. */
  readonly tellWith: (found: FetchResult) => Promise<FetchResult>;
  /** Remembers, at the end of a run, what was told in it. */
  readonly remember: () => void;
};

/** Returns what tells of the extensions that are passed over in one working tree. */
export function passedOverIn(repository: Repository): PassedOver {
  let named: readonly string[] | undefined;
  return {
    tellWith: async (found) => {
      if (found.kind !== 'fetched') return found;
      named = await extensionsPassedOver(repository);
      if (named.length === 0 || readTextIfPresent(memoryOf(repository)) === textOf(named)) return found;
      const { why, mend } = notLoaded(named);
      const told = [found.hub.leftAlone, `${why}: ${mend}`].filter((part) => part !== undefined).join('; ');
      return { ...found, hub: { ...found.hub, leftAlone: told } };
    },
    remember: () => {
      if (named === undefined) return;
      if (named.length === 0) remove(memoryOf(repository));
      else if (readTextIfPresent(memoryOf(repository)) !== textOf(named))
        writeAtomically(memoryOf(repository), textOf(named));
    },
  };
}

const memoryOf = ({ privateFolder }: Pick<Repository, 'privateFolder'>): AbsolutePath =>
  joinPath(privateFolder, 'passed-over');

const textOf = (named: readonly string[]): string => named.map((name) => `${name}\n`).join('');

const SECTION = 'autosync-passed-over';

/** Says why some extensions are not loaded, and what to do about it. */
export type NotLoaded = { readonly why: string; readonly mend: string };

/** Looks once at which extensions a working tree's settings name in vain; undefined where there is none. */
export async function extensionsNotLoaded(top: AbsolutePath): Promise<NotLoaded | undefined> {
  const hg = hgIn(top);
  try {
    const named = await extensionsPassedOver({ hg });
    return named.length === 0 ? undefined : notLoaded(named);
  } finally {
    hg.end();
  }
}

/** Asks for the extensions that were passed over (`templates/hg/hooks.py`): each `<section>.<name> NUL`, if there are any. */
async function extensionsPassedOver({ hg }: Pick<Repository, 'hg'>): Promise<readonly string[]> {
  const { stdout } = await hg.run(['config', '-T', '{name}\\0', SECTION]);
  const settings = stdout.toString('utf8').split('\0').slice(0, -1);
  return settings.map((setting) => printable(setting.slice(SECTION.length + 1)));
}

function notLoaded(named: readonly string[]): NotLoaded {
  const names = named.map((name) => `'${name}'`).join(', ');
  const [what, them] = named.length === 1 ? ['extension', 'it'] : ['extensions', 'them'];
  return {
    why: `no run loads hg's ${what} ${names}, since whoever can push can change a file of the working tree`,
    mend: `move ${them} out of it; or, to trust all who push: autosync config . tracked-hooks true`,
  };
}
