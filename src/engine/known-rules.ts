import { AutosyncError } from '../model/errors.js';
import type { FoundSettings, Rules, Settings } from '../model/repo.js';

/**
 * Returns the settings of a run. Where a file in the working tree does not say what is to be left out, because it is broken
 * or only half saved, what the last run knew still holds: nothing that a person keeps back may leave for that. Throws
 * where no run knew anything.
 */
export function knownRules(settings: FoundSettings, before: Rules | undefined): Settings {
  const { unknownRules = [], ...known } = settings;
  // Nothing is taken.
  if (unknownRules.length === 0 || settings.mode === 'follow') return known;
  if (before === undefined) {
    throw new AutosyncError('failed', "'.autosync.toml' cannot be used, so that nobody knows what is to be left out", [
      'mend it; autosync config <repository> says what is wrong',
    ]);
  }
  return { ...known, ...Object.fromEntries(unknownRules.map((name) => [name, before[name]])) };
}
