import type { Settings } from '../model/repo.js';
import type { VcsKind } from '../model/report.js';
import { shortHostname } from '../system/environment.js';
import { fitMachineName, isMachineName, isMessageForm, isRemoteName } from './setting-rules.js';
import {
  boolean,
  choice,
  copies,
  deletions,
  duration,
  durationOrOff,
  list,
  mergeTool,
  patterns,
  type SettingType,
  type SettingValue,
  schedule,
  size,
  string,
} from './setting-types.js';

/** Where a setting may stand: only in `config.toml`, or there and for each repository. */
export type SettingScope = 'global' | 'both';

/** Everything there is to know of one setting; `T` is what the program gets. */
export type Definition<T> = {
  /** Its name in TOML and on the command line. */
  readonly name: string;
  readonly type: SettingType<T>;
  readonly default: SettingValue | ComputedDefault;
  readonly scope: SettingScope;
  /** The only version control system that has it; every one has a setting that names none. */
  readonly only?: VcsKind;
  /** One line for a person. */
  readonly help: string;
};

/** A default that depends on the machine: what it is in words, and how to find it. */
export type ComputedDefault = { readonly says: string; readonly find: () => SettingValue };

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** Every setting, once: adding one here, and its type to {@link Settings}, is all there is to do. */
export const DEFINITIONS: { readonly [Field in keyof Settings]: Definition<Settings[Field]> } = {
  machine: {
    name: 'machine',
    type: string("a name of letters, digits, '-', '_' and '.', at most 63 of them", isMachineName),
    default: { says: "the host's name", find: () => fitMachineName(shortHostname()) },
    scope: 'global',
    help: "this machine's name in commit messages, conflict copies and branches",
  },
  schedule: {
    name: 'schedule',
    type: schedule,
    default: 'every 5m',
    scope: 'both',
    help: 'when a repository is synchronised without being told to',
  },
  mode: {
    name: 'mode',
    type: choice('sync', 'backup', 'follow'),
    default: 'sync',
    scope: 'both',
    help: "what a run does: everything; or back up what you commit by hand to this machine's own branch on the hub; or only push your own commits and bring others' in (docs/modes.md)",
  },
  conflict: {
    name: 'conflict',
    type: choice('keep-both', 'pause', 'prefer-local', 'prefer-remote'),
    default: 'keep-both',
    scope: 'both',
    help: "what to do when two machines changed the same thing: keep both versions, wait for a person, or take this machine's version or the hub's",
  },
  mostConflictCopies: {
    name: 'max-conflict-copies',
    type: copies,
    default: '20',
    scope: 'both',
    help: 'how many conflict copies of one file there may be; a further conflict of it waits for a person, as with the policy pause',
  },
  remote: {
    name: 'remote',
    type: string("the name of a remote, like 'origin', or '' for the branch's own", isRemoteName),
    default: '',
    scope: 'both',
    help: "the remote to synchronise with; empty means the branch's own, or the only one there is",
  },
  settleSeconds: {
    name: 'settle',
    type: duration({ least: 0, most: 10 * MINUTE, unit: SECOND }),
    default: '2s',
    scope: 'both',
    help: 'how long a file must have been left alone before it is taken into a snapshot',
  },
  maxFileBytes: {
    name: 'max-file-size',
    type: size,
    default: '100MB',
    scope: 'both',
    help: 'files larger than this are left out of snapshots, and named',
  },
  include: {
    name: 'include',
    type: patterns,
    default: [],
    scope: 'both',
    help: 'patterns of the files that snapshots take; an empty list means all of them',
  },
  ignore: {
    name: 'ignore',
    type: patterns,
    default: [],
    scope: 'both',
    help: 'patterns of files that snapshots leave out, tracked ones too: what is changed in them stays on this machine',
  },
  secretsGuard: {
    name: 'secrets-guard',
    type: boolean,
    default: true,
    scope: 'both',
    help: "leave out new private keys and '.env' files, and name them",
  },
  deletionsLimit: {
    name: 'deletions-limit',
    type: deletions,
    default: '50%',
    scope: 'both',
    help: 'how many files may be gone at once before a snapshot waits for a person: more than a share of them (and 20 at least), or than a number',
  },
  message: {
    name: 'message',
    type: string("one line of text, in which '{event}' and '{machine}' may stand", isMessageForm),
    default: '{event}',
    scope: 'both',
    help: "the first line of a snapshot's message",
  },
  squashSeconds: {
    name: 'squash',
    type: durationOrOff({ least: 1, most: 30 * DAY, unit: SECOND }),
    default: 'off',
    scope: 'both',
    only: 'git',
    help: 'snapshots that could not be sent yet become one commit before they are, one for each time of work with so much quiet around it; git alone (docs/history.md)',
  },
  sign: {
    name: 'sign',
    type: boolean,
    default: false,
    scope: 'both',
    help: 'sign snapshots',
  },
  trackedHooks: {
    name: 'tracked-hooks',
    type: boolean,
    default: false,
    scope: 'both',
    help: "also run commit hooks, and load extensions of hg, that are tracked files, which whoever can push can change: 'true' trusts all of them",
  },
  subrepositories: {
    name: 'subrepositories',
    type: boolean,
    default: false,
    scope: 'both',
    help: "keep a Mercurial repository's subrepositories in step as well, each before the repository that names it (docs/subrepositories.md)",
  },
  subrepositorySources: {
    name: 'subrepository-sources',
    type: list,
    default: [],
    scope: 'both',
    help: "URLs that subrepositories may be cloned from; one that lies below the repository's own hub needs none",
  },
  networkTimeoutSeconds: {
    name: 'network-timeout',
    type: duration({ least: 1, most: DAY, unit: SECOND }),
    default: '2m',
    scope: 'both',
    help: 'how long to wait for a remote from which not a byte comes',
  },
  notify: {
    name: 'notify',
    type: boolean,
    default: true,
    scope: 'both',
    help: 'show notifications on the desktop',
  },
  notifyCommand: {
    name: 'notify-command',
    type: list,
    default: [],
    scope: 'both',
    help: 'a program, with its arguments, that is given each notification as JSON',
  },
  notifyIncoming: {
    name: 'notify-incoming',
    type: boolean,
    default: false,
    scope: 'both',
    help: 'also tell of changes that came in from other machines',
  },
  conflictCommand: {
    name: 'conflict-command',
    type: list,
    default: [],
    scope: 'global',
    help: 'a program, with its arguments, that is given each new conflict as JSON (docs/resolving.md)',
  },
  mergeTool: {
    name: 'merge-tool',
    type: mergeTool,
    default: [],
    scope: 'global',
    help: "what 'autosync resolve --tool' opens, with its arguments; an empty list means the merge tool of git or hg (docs/resolving.md)",
  },
  offlineNewsHours: {
    name: 'offline-news',
    type: duration({ least: 0, most: 365 * DAY, unit: HOUR }),
    default: '8h',
    scope: 'both',
    help: 'how long a remote must have been out of reach before it is news',
  },
};
