import type { RemoteFailure } from './outcome.js';
import type { VcsKind } from './report.js';

/** What a person does by hand about what autosync cannot do for him; each in one line. */
export type ByHand = {
  /** Makes a folder a repository. */
  readonly init: (folder: string) => string;
  /** Tells a repository where its hub is. */
  readonly addHub: string;
  /** Joins his work and the hub's. */
  readonly merge: string;
  /** Looks at the hub, with all that the system has to say about it. */
  readonly look: (folder: string) => string;
  /** Mends what keeps him from the hub. */
  readonly mend: Readonly<Record<RemoteFailure, string>>;
};

const PASSING = { offline: 'the next run tries again', timeout: 'the next run tries again' } as const;

/** The way out, in the words of each version control system. */
export const BY_HAND: Readonly<Record<VcsKind, ByHand>> = {
  git: {
    init: (folder) => `git init '${folder}'`,
    addHub: 'git remote add origin <url>',
    merge: 'git merge @{upstream}',
    look: (folder) => `git -C '${folder}' fetch`,
    mend: {
      ...PASSING,
      auth: 'check the key or password that git uses for it without asking; autosync doctor tests it',
      'not-found': "check the remote's URL: git remote -v",
      'host-key': 'connect once by hand to accept the host key: git fetch',
      certificate: "check the hub's certificate: git fetch",
      'disk-full': 'free some space',
      other: 'try it by hand: git fetch',
    },
  },
  hg: {
    init: (folder) => `hg init '${folder}'`,
    addHub: "printf '[paths]\\ndefault = <url>\\n' >> .hg/hgrc",
    merge: 'hg merge, then hg commit',
    look: (folder) => `hg -R '${folder}' incoming`,
    mend: {
      ...PASSING,
      auth: "check what hg uses for it without asking: an ssh key that 'ssh-add -l' or ~/.ssh/config names; [auth] in ~/.hgrc, ~/.netrc or the keyring extension for http; autosync doctor tests it",
      'not-found': "check the hub's URL: hg paths",
      'host-key': 'connect once by hand to accept the host key: hg incoming',
      certificate:
        "check the hub's certificate: name its authority in ~/.hgrc ([web] cacerts), and your own, if it wants one ([auth] <name>.cert and .key); hg incoming shows it",
      'disk-full': 'free some space',
      other: 'try it by hand: hg incoming',
    },
  },
};
