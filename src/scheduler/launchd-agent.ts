import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { readTemplate } from '../system/package.js';
import { isForeignName } from '../system/path-bytes.js';
import { printable } from '../system/printable.js';
import { quoteXml } from '../system/quote.js';
import { fillTemplate } from '../system/template.js';

/** The agent's name to launchd, and its file's. */
export const LABEL = 'autosync';

/** What an agent is made of; the minutes are those of every hour, ascending. */
export type AgentRequest = { readonly launcher: AbsolutePath; readonly minutes: readonly number[] };

/** Returns the property list of the agent. A launcher that XML cannot name is an AutosyncError. */
export function renderAgent({ launcher, minutes }: AgentRequest): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML has no way to write
  if (/[\u0000-\u001f\u007f]/.test(launcher) || isForeignName(launcher)) {
    throw new AutosyncError('environment', `launchd cannot call '${printable(launcher)}': it is not plain UTF-8`, [
      'set XDG_DATA_HOME to a plainer folder and install again',
    ]);
  }
  // A key that is missing means every value; launchd knows no seconds.
  const everyMinute = ['    <dict/>'];
  const listed = minutes.map((minute) => `    <dict><key>Minute</key><integer>${minute}</integer></dict>`);
  const times = (minutes.length === 60 ? everyMinute : listed).join('\n');
  return fillTemplate(
    readTemplate('launchd/autosync.plist'),
    { launcher: quoteXml(launcher), times },
    (value) => value,
  );
}
