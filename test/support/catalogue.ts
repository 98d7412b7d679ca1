/** A fault that must do no harm, and the tests that show it: each is named by a part of `<file> > <its full name>`. */
export type CatalogueRow = {
  readonly part: string;
  readonly row: string;
  readonly tests: readonly string[];
  /** Why it cannot be brought about in a test; empty where it is. */
  readonly why: string;
};

const rows =
  (part: string) =>
  (given: Readonly<Record<string, readonly string[] | string>>): readonly CatalogueRow[] =>
    Object.entries(given).map(([row, how]) =>
      typeof how === 'string' ? { part, row, tests: [], why: how } : { part, row, tests: how, why: '' },
    );

/** Every fault that autosync is held against, in the order in which one meets them. */
export const CATALOGUE: readonly CatalogueRow[] = [
  ...rows('cuts')({
    'killed before or after a call that changes a file': ['sweep/sweep.test.ts', 'sweep/found.test.ts'],
    'ENOSPC, EDQUOT, EIO, EROFS, EACCES, EMFILE at a call': ['sweep/sweep.test.ts'],
    'killed in the middle of putting files in place': ['unit/vcs/placement/sweep.test.ts'],
    'killed anywhere, in histories of several machines': ['model/model.test.ts', 'model/found.test.ts'],
    'killed under Mercurial': ['contract/vcs-hg-killed.test.ts', 'a run that is killed >'],
    'an empty object': ['an empty blob', 'an empty tree', 'an empty commit'],
    'an empty or NUL-filled ref': ['a branch whose ref is'],
    'an empty, torn or NUL-filled index': ['an index that is'],
    'an empty or torn dirstate': ['contract/vcs-hg-blocked.test.ts > what a killed run left >'],
    'a damaged journal, lock or mark of ours': [
      'of NULs does no harm',
      'unit/store/lock.test.ts > a lock without an owner',
    ],
    'a damaged state, registry, spool or log': [
      'unit/store/state.test.ts > a damaged state',
      'unit/store/registry.test.ts',
      'unit/store/spool.test.ts',
      'has left of a line, and goes on behind it',
    ],
  }),
  ...rows('locks')({
    'index.lock, HEAD.lock, a ref lock: its owner lives': ['that a live git holds is left to it'],
    'index.lock, HEAD.lock, a ref lock: its owner is dead': ['that a dead git has left is told'],
    'packed-refs.lock, config.lock, shallow.lock': ['keeps nothing from being committed'],
    'wlock and store lock of a dead process': ["a dead process's"],
    'wlock or store lock of another program': ["a lock that could be another program's is left alone"],
    'ours: alive, dead, its number reused, another boot, another host': ['our own lock >', 'unit/store/lock.test.ts'],
    'ours: several take it at once': ['unit/store/lock-races.test.ts', 'unit/store/lock-steps.test.ts'],
    'two runs at once on one machine': ['two runs on one machine take turns'],
    "a run during the person's commit, and the reverse": ['a person commits all the time while a run brings work in'],
    'a read-only .git': ['a git folder that may not be written'],
    'a full disk at each step': ['a full disk >'],
  }),
  ...rows('the hub')({
    offline: ['because it refuses the connection'],
    'its name does not resolve': ['because it has a name that nobody knows'],
    'accepts and never answers': ['because it accepts and never answers'],
    slow: ['that is slow, but not silent, is waited for', 'that sends a byte now and then for ever'],
    'closes half-way': ['because it closes in the middle'],
    'wrong or expired credentials': ['refuses a wrong password', 'that does not know the key asks for nothing'],
    'asks for a password': ['because it wants a password'],
    'unknown or changed host key': ['whose host key nobody has accepted'],
    'a certificate that has expired or that nobody knows': ['a hub over TLS >'],
    'read-only': ['may be read but not written', 'a hub on a disk that may only be read'],
    quota: ['with the words "your quota is used up"'],
    'rejects by hook': ['with the words "no pushes on fridays"'],
    'protected branch': ['with the words "protected branch update failed"'],
    'a file too large': ['contract/vcs-large-files.test.ts', 'a push that is larger than the hub takes'],
    'branch deleted': ['with its whole branch is not undone'],
    'repository gone': ['because it is gone: the work is committed here and sent later'],
    'history rewritten': [
      'is not merged, and nothing is pushed, as often as it is looked at',
      'and replaced by another one',
    ],
    'unrelated history': ['that the hub does not share is not joined', 'to one of another history under the same URL'],
    'renamed default branch': ['the name of its default branch'],
    '2, 4 and 8 machines push at the same moment': ['machines that push at the same moment', 'four machines that push'],
    'shallow and partial clones': ['of a shallow clone is enough', 'a partial clone >'],
    'moved to a new URL': ['to another place: what was gone is found again'],
    'two remotes': ['with several hubs uses the usual one', 'its order: two remotes'],
  }),
  ...rows('the person')({
    'mid-merge, rebase, cherry-pick, revert, bisect, graft, histedit, shelve, update, or detached': [
      'in the middle of',
    ],
    'an unborn branch': ['a beginning >'],
    'a branch is switched during a run': ['a branch switched just before', 'a branch that is switched by hand while'],
    'a commit during a run': ['a commit by hand just before'],
    'a save during a run': ['a save just before'],
    'staged work': ["contract/vcs-index.test.ts > the person's index", 'what is staged just before'],
    'assume-unchanged and skip-worktree': ['--assume-unchanged', '--skip-worktree'],
    'linked worktrees': ['linked working trees >', 'are so in a linked working tree, too'],
    'sparse checkout': ['of a sparse checkout keeps what is left out of it', 'leaves new files outside of it out'],
    'submodules, dirty and unpushed': ['a submodule >', 'submodules >'],
    'LFS, present and absent from PATH': ['contract/vcs-lfs.test.ts', 'large files > of lfs'],
    subrepositories: ['subrepositories >', 'a subrepository that'],
    'secret phase': ['a commit that is secret'],
    'closed branch': ['that is closed is not opened again', 'that was closed on the hub is not opened again'],
    topics: ['a topic >'],
    bookmarks: ['with an active bookmark moves it along'],
    'hooks that refuse, change or break': ["the person's hooks >", "a commit that the person's hook refuses"],
    'a configuration that breaks scripts': ['a configuration that breaks scripts'],
  }),
  ...rows('names')({
    'of files: newline, CR, tab, ESC, dash, blanks, quotes, backslash, %, $(), :, non-UTF-8, NFC and NFD, case, 255 bytes, emoji, RTL':
      ['a name with', 'any of these goes to the other machine'],
    'that Mercurial cannot hold': ['names that hg cannot hold'],
    'that git takes for its own': ['.GIT/config', 'git~1/config'],
    'a path of 4,000 bytes': ['by a path of'],
    'of branches, with a leading dash too': ['a branch named', 'may be named as what has a meaning for hg'],
    'of the folder of a repository': ['a repository in a folder named', 'a working tree may stand in a folder named'],
  }),
  ...rows('kinds')({
    'FIFO, socket': ['special files >'],
    device: ['is never opened, is named, and the rest goes on'],
    'symlink loop, link out of the tree, link to a folder': ['that go round, lead out', 'links > are taken as links'],
    'file ↔ folder ↔ link': ['a file here where there is a fo', 'a link here where there is a fi'],
    'mode bits': ['takes a changed executable bit', 'keep the permissions that the old ones had'],
    'hard links': ['that are hard'],
    'permission 000, file and folder': ['names an unreadable file', 'loses nothing in a folder that may'],
    'a sparse file of 6 GiB': ['a huge file that is too large is not even read'],
    'a file of 0 bytes': ['of no bytes arrives'],
    'a file of 200 MB': ['of 200 MB is left out'],
    '10,000 new files at once': ['that is one of 10,000 new ones'],
    'a file appended to, or rewritten, all the time': ['every 10 ms', 'files that do not rest'],
    'editors that save by renaming': ['save by rename, as editors do it'],
    'a repository inside, of either system, with and without commits, bare': [
      'are named and left out',
      'that is a Mercurial one',
      'that is bare is files like any other',
    ],
  }),
  ...rows('meetings')({
    'the same line edited on both': ['the same line edited on both'],
    'different lines of one file': ['different lines of one file edited'],
    'edit and delete, either way': ['edited here, deleted there', 'deleted here, edited there'],
    'two new files of one name, equal and different': ['the same new file on both', 'two new files of one name'],
    'rename and edit': ['renamed here, edited there'],
    'rename and rename': ['one file renamed to two names', 'two files renamed to one name'],
    'a folder renamed, a file added to it': ['a folder renamed here, a file a'],
    'mode and edit': ['the executable bit here, an edit there'],
    'binary, symbolic link, submodule': [
      'a binary file changed on both',
      'a symbolic link pointed elsewhe',
      'both moved',
    ],
    'file and folder': ['a folder here where there is a ', 'a file edited here that became '],
    'line ends of DOS': ['line ends of DOS here, an edit there'],
    '.gitattributes with the files that it rules': ['rules that arrive with the files they rule'],
    'an ignore file that names tracked files': ['keeps tracked files that an incoming ignore file names'],
    'an incoming path that is ignored or not tracked here': ['an incoming file >'],
    'a conflict on a conflict copy': ['meet again like any other file', 'never replace one that was edited since'],
    'three machines': ['keep three versions of three machines', 'model/model.test.ts'],
    'a conflict resolved differently on two machines': ['keep both when two persons resolve a conflict differently'],
    'all of them under the policy pause': ['is left to a person with the policy pause'],
  }),
  ...rows('time')({
    'a day back, ten years forward, 1960': ['a clock that says'],
    'DST both ways': ['unit/scheduler/due.test.ts', 'a clock that says'],
    'coarse timestamps, an edit of the same size within one': [
      'a file that carries the time',
      'a save of the same size',
    ],
    'a month asleep': ['a month asleep'],
  }),
  ...rows('the machine')({
    'no HOME, no PATH, another locale, umask 077 and 000, no TMPDIR': ['an environment >'],
    'a HOME that cannot be written': ['whose state folder cannot be written'],
    'no identity': ['without an identity'],
    'root and not': ['an ordinary user > runs in his own repository'],
    "another user's repository": ["is refused in another user's repository"],
    'hard links refused': ['where hard links are refused', 'unit/store/lock-without-links.test.ts'],
    'the repository on another file system than its .git': ['a git folder on another file system'],
    'Node upgraded away': ['the node that the launcher finds'],
    'many repositories': ['in one run: those that are gone or broken'],
    'a repository deleted or moved': ['a repository that was moved or deleted after install'],
    'a file system that is a network share':
      'needs a server of NFS or SMB in the kernel; refused links and foreign hosts are tried one by one',
    'macOS and Windows file systems': 'run in the macOS and Windows jobs of the workflow only',
  }),
  ...rows('guards')({
    'an emptied mount point': ['a folder that stands there empty'],
    'a file over the size limit': [
      'that is too large is named as long as it is',
      'that is tracked and has grown too large',
    ],
    'conflict copies of conflict copies': ['conflict copies >'],
    'runaway conflict copies': ['runaway conflict copies under'],
    'secrets that were ignored here': ['never makes a secret public that was ignored here'],
    'passwords in logs and reports': ['do not reach the log', 'shows no secret of a URL'],
    'planted files of other users': ['a file that another user has planted'],
  }),
];
