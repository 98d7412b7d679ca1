import type { FetchOutcome, RemoteFailure } from './outcome.js';
import type { VcsKind } from './report.js';

/** What a person does by hand about what autosync cannot do for him; each in one line. */
export type ByHand = {
  /** Makes a folder a repository. */
  readonly init: (folder: string) => string;
  /** Tells a repository where its hub is. */
  readonly addHub: string;
  /** Joins his work and the hub's. */
  readonly merge: string;
  /** Brings the hub's work in where there is none of his own. */
  readonly catchUp: string;
  /** Looks at the hub, with all that the system has to say about it. */
  readonly look: (folder: string) => string;
  /** Mends what keeps him from the hub. */
  readonly mend: Readonly<Record<RemoteFailure, string>>;
};

/** What is the same under each version control system. */
const COMMON = {
  offline: 'the next run tries again',
  timeout: 'the next run tries again',
  'disk-full': 'free some space',
  'own-hook': 'once the hook is content, the next run goes on',
} as const;

/** The way out, in the words of each version control system. */
export const BY_HAND: Readonly<Record<VcsKind, ByHand>> = {
  git: {
    init: (folder) => `git init '${folder}'`,
    addHub: 'git remote add origin <url>',
    merge: 'git merge @{upstream}',
    catchUp: 'git merge --ff-only @{upstream}',
    look: (folder) => `git -C '${folder}' fetch`,
    mend: {
      ...COMMON,
      auth: 'keep the password where git finds it without asking, in a credential helper or ~/.netrc; autosync doctor tests it',
      'not-found': "check the remote's URL: git remote -v",
      'host-key': 'connect once by hand to accept the host key: git fetch',
      certificate:
        "name the authority that signed the hub's certificate: git config --global http.sslCAInfo <file>; git fetch shows it",
      other: 'try it by hand: git fetch',
    },
  },
  hg: {
    init: (folder) => `hg init '${folder}'`,
    addHub: "printf '[paths]\\ndefault = <url>\\n' >> .hg/hgrc",
    merge: 'hg merge, then hg commit',
    catchUp: 'hg update',
    look: (folder) => `hg -R '${folder}' incoming`,
    mend: {
      ...COMMON,
      auth: 'keep the password where hg finds it without asking: [auth] in ~/.hgrc, ~/.netrc or the keyring extension; autosync doctor tests it',
      'not-found': "check the hub's URL: hg paths",
      'host-key': 'connect once by hand to accept the host key: hg incoming',
      certificate:
        "check the hub's certificate: name its authority in ~/.hgrc ([web] cacerts), and your own, if it wants one ([auth] <name>.cert and .key); hg incoming shows it",
      other: 'try it by hand: hg incoming',
    },
  },
};

/** A passphrase asks a person, and an agent ends with his session. */
const SSH_KEY =
  "name a key without a passphrase, which the hub knows, for this host in ~/.ssh/config (IdentityFile); 'ssh-add -l' shows what an agent lends for now; autosync doctor tests it";

/** Returns what mends a hub's not being reached, in one line. */
export function wayToHub(
  vcs: VcsKind,
  { reason, why }: Pick<Extract<FetchOutcome, { kind: 'unavailable' }>, 'reason' | 'why'>,
): string {
  return reason === 'auth' && SSH_WORDS.test(why) ? SSH_KEY : BY_HAND[vcs].mend[reason];
}

/** What OpenSSH says: `user@host: Permission denied (publickey,password).` */
const SSH_WORDS = /Permission denied \(|publickey/;
