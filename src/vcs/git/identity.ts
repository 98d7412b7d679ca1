import type { Environment } from '../../system/environment.js';
import { shortHostname, userName } from '../../system/environment.js';
import type { Repository } from './repository.js';

/**
 * Returns the environment that gives a commit an author: nothing when git knows the person, else a name made of
 * the login and the machine. Git alone would refuse ("Please tell me who you are") and nothing would be saved.
 */
export async function identity(repository: Repository): Promise<Environment> {
  const known = await repository.git.run(['config', '--get-regexp', '^user\\.(name|email)$']);
  const text = known.stdout.toString('utf8');
  const hasName = /^user\.name \S/m.test(text);
  const hasEmail = /^user\.email \S/m.test(text);
  const name = `${userName()} on ${repository.settings.machine}`;
  const email = `${userName()}@${shortHostname()}`;
  return {
    ...(hasName ? {} : { GIT_AUTHOR_NAME: name, GIT_COMMITTER_NAME: name }),
    ...(hasEmail ? {} : { GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_EMAIL: email }),
  };
}
