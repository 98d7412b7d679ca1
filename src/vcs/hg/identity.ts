import { shortHostname, userName, variable } from '../../system/environment.js';
import type { Repository } from './repository.js';

/**
 * Returns the author of a commit: the person that hg knows, else a name made of the login and the machine. Hg alone
 * would refuse ("no username supplied"), or make up a name that says less.
 */
export async function author({ hg, settings }: Repository): Promise<string> {
  const asked = variable('HGUSER');
  if (asked !== undefined) return asked;
  const known = await hg.run(['config', '-T', '{value}', 'ui.username']);
  const name = known.exitCode === 0 ? known.stdout.toString('utf8').trim() : '';
  if (name !== '') return name;
  const mail = variable('EMAIL');
  if (mail !== undefined) return mail;
  return `${userName()} on ${settings.machine} <${userName()}@${shortHostname()}>`;
}
