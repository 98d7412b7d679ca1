import { hookInstallerFor } from '../hooks/index.js';
import { BY_HAND, wayToHub } from '../model/by-hand.js';
import { errorMessage } from '../model/errors.js';
import { leftOutAdvice } from '../model/left-out.js';
import type { RegisteredRepo } from '../model/repo.js';
import type { VcsKind } from '../model/report.js';
import { deliver, notifiersFor } from '../notify/index.js';
import { parseSchedule, scheduleText } from '../scheduler/schedule-text.js';
import { installLauncher, isCurrentLauncher, launcherRecord, refuseForeignLauncher } from '../store/launcher.js';
import { readSharedSettings, SHARED_FILE } from '../store/shared-file.js';
import { readState } from '../store/state.js';
import { childEnvironment, node } from '../system/environment.js';
import { exec } from '../system/exec.js';
import { isFolder, readTextIfPresent } from '../system/files.js';
import { printable } from '../system/printable.js';
import { relativeTime } from '../system/time-words.js';
import { extensionsNotLoaded } from '../vcs/hg/passed-over.js';
import { checkNight, checkScheduler } from './check-scheduler.js';
import type { Finding } from './finding.js';
import { distrustedSettings } from './hg-trust.js';
import { installedMirrors } from './mirrors.js';
import { installedRepos, openTree } from './targets.js';
import { unreadableRegistrations } from './unreadable.js';
import { hookRequest, type Wiring } from './wiring.js';

/** One check: what it looks at, and the look. */
export type Check = { readonly name: string; readonly look: () => Promise<Finding> };

const ok = (detail: string): Finding => ({ result: 'ok', detail });

/** Returns the checks of this machine. */
export function machineChecks(wiring: Wiring): readonly Check[] {
  const { locations } = wiring;
  return [
    { name: 'node', look: async () => checkNode() },
    { name: 'git', look: () => checkSystem(wiring, 'git') },
    { name: 'hg', look: () => checkSystem(wiring, 'hg') },
    {
      name: 'launcher',
      look: async () => {
        const record = launcherRecord(locations);
        const text = readTextIfPresent(locations.launcher);
        if (text !== undefined && isCurrentLauncher(text, record)) return ok(locations.launcher);
        const missing = text === undefined;
        if (missing && isUnused(wiring)) return ok('not needed: no repository is installed');
        refuseForeignLauncher(locations.launcher);
        const fix = (): void => void installLauncher(locations.launcher, record);
        const detail = missing ? 'is missing' : 'was written for another copy of autosync or other folders than these';
        return { result: missing ? 'error' : 'warning', detail, mend: 'autosync doctor --fix', fix };
      },
    },
    { name: 'scheduler', look: () => checkScheduler(wiring) },
    { name: 'at night', look: () => checkNight(wiring) },
    { name: 'notification', look: () => checkNotification(wiring) },
  ];
}

/** Nothing is kept by autosync here: no repository, and no mirror. */
const isUnused = ({ locations }: Wiring): boolean =>
  installedRepos(locations).length === 0 &&
  installedMirrors(locations).length === 0 &&
  unreadableRegistrations(locations).length === 0;

function checkNode(): Finding {
  const [major = 0, minor = 0] = node.version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return ok(`${node.version} (${node.path})`);
  return { result: 'error', detail: `${node.version} is too old`, mend: 'install Node.js 20.19 or newer' };
}

/** A program that a version control system is made of: what it says of itself, and the oldest that will do. */
type Requirement = { readonly program: string; readonly product: string; readonly oldest: readonly [number, number] };

const REQUIREMENTS: Readonly<Record<VcsKind, Requirement>> = {
  git: { program: 'git', product: 'git', oldest: [2, 38] },
  hg: { program: 'hg', product: 'Mercurial', oldest: [6, 0] },
};

async function checkSystem({ locations }: Wiring, kind: VcsKind): Promise<Finding> {
  const { program, product, oldest } = REQUIREMENTS[kind];
  const mend = `install ${product} ${oldest.join('.')} or newer`;
  const isUsed = installedRepos(locations).some(({ vcs }) => vcs === kind) || installedMirrors(locations).length > 0;
  try {
    const request = { program, args: ['--version'], cwd: '/', env: childEnvironment(), timeoutMs: 10_000 };
    const [answer = ''] = (await exec(request)).stdout.toString('utf8').trim().split('\n');
    const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(answer) ?? []).map(Number);
    const isNewEnough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
    if (isNewEnough) return ok(answer);
    return { result: isUsed ? 'error' : 'warning', detail: `${answer || program} is too old`, mend };
  } catch (error) {
    if (!isUsed) return ok(`not needed: no ${product} repository is installed`);
    return { result: 'error', detail: errorMessage(error), mend };
  }
}

async function checkNotification({ locations }: Wiring): Promise<Finding> {
  const [first] = installedRepos(locations);
  const notifiers = notifiersFor(first?.settings ?? { notify: true, notifyCommand: [] });
  if (notifiers.length === 0)
    return { result: 'warning', detail: 'switched off', mend: 'set notify = true in config.toml' };
  const delivery = await deliver(notifiers, {
    event: 'test',
    repo: first?.path ?? '',
    title: 'autosync',
    body: 'This is how autosync tells you of a conflict.',
    paths: [],
  });
  if (delivery.kind === 'delivered') return ok('a test notification was delivered');
  const mend = "set notify-command in config.toml, or look with 'autosync status'";
  return { result: 'warning', detail: `no notification can be delivered: ${delivery.why}`, mend };
}

/** Returns the checks of one repository. */
export function repoChecks(wiring: Wiring, repo: RegisteredRepo): readonly Check[] {
  return [
    ...(repo.vcs === 'hg' ? hgChecks(repo) : []),
    { name: 'hooks', look: () => checkHooks(wiring, repo) },
    { name: 'hub', look: () => checkHub(wiring, repo) },
    { name: 'last good run', look: async () => checkLastRun(wiring, repo) },
    { name: 'left out', look: async () => checkLeftOut(wiring, repo) },
    { name: 'shared settings', look: async () => checkSharedSettings(repo) },
  ];
}

const hgChecks = (repo: RegisteredRepo): readonly Check[] => [
  { name: 'trust', look: () => checkTrust(repo) },
  { name: 'extensions', look: () => checkExtensions(repo) },
];

async function checkExtensions({ path, settings }: RegisteredRepo): Promise<Finding> {
  if (!isFolder(path)) return { result: 'warning', detail: 'not looked at' };
  const found = settings.trackedHooks ? undefined : await extensionsNotLoaded(path);
  if (found === undefined) return ok('none of them is a file of the working tree, or those are trusted');
  return { result: 'warning', detail: found.why, mend: found.mend };
}

async function checkTrust({ path }: RegisteredRepo): Promise<Finding> {
  if (!isFolder(path)) return { result: 'warning', detail: 'not looked at' };
  const distrust = await distrustedSettings(path);
  if (distrust === undefined) return ok('hg trusts the settings of the repository');
  return { result: 'error', detail: distrust.why, mend: distrust.mend };
}

async function checkHooks({ locations }: Wiring, repo: RegisteredRepo): Promise<Finding> {
  if (!isFolder(repo.path)) {
    return { result: 'error', detail: 'the folder is gone', mend: `autosync uninstall '${repo.path}'` };
  }
  if (!repo.hooks) return ok('not wanted');
  const { hookSite } = await openTree(locations, repo.path, repo);
  const installer = hookInstallerFor(hookSite);
  const request = hookRequest(locations, hookSite);
  const { kind, detail } = installer.state(request);
  if (kind === 'present') return ok(['in place', detail].filter((part) => part !== '').join('; '));
  if (kind === 'not-ours-to-write') return { result: 'warning', detail };
  return { result: 'warning', detail, mend: 'autosync doctor --fix', fix: () => void installer.install(request) };
}

async function checkHub({ locations }: Wiring, repo: RegisteredRepo): Promise<Finding> {
  if (!isFolder(repo.path)) return { result: 'warning', detail: 'not looked at' };
  const tree = await openTree(locations, repo.path, repo);
  const state = await tree.inspect();
  if (state.blocked !== undefined) return { result: 'warning', detail: state.blocked.kind, mend: state.blocked.hint };
  const fetched = await tree.fetch(state);
  if (fetched.kind === 'blocked') return { result: 'error', detail: fetched.blocked.kind, mend: fetched.blocked.hint };
  if (fetched.kind === 'unavailable') {
    const mend = `${wayToHub(repo.vcs, fetched)}; ${BY_HAND[repo.vcs].look(repo.path)} shows it in full`;
    return {
      result: fetched.reason === 'offline' ? 'warning' : 'error',
      detail: `${fetched.reason}: ${fetched.why}`,
      mend,
    };
  }
  if (fetched.hub.relation === 'no-upstream') {
    return { result: 'error', detail: 'there is no hub', mend: `cd '${repo.path}' && ${BY_HAND[repo.vcs].addHub}` };
  }
  return ok(`reached; this branch is ${fetched.hub.relation}`);
}

function checkLastRun({ locations, engine }: Wiring, repo: RegisteredRepo): Finding {
  const { lastGoodRunAt, lastReport, failures } = readState(locations, repo.id);
  const now = engine.clock.now();
  const last = lastGoodRunAt === undefined ? 'never' : relativeTime(lastGoodRunAt, now);
  if (failures === 0 && lastGoodRunAt !== undefined) return ok(`${last} (${scheduleText(repo.settings.schedule)})`);
  const detail = `${last}; since then: ${lastReport?.why || lastReport?.verdict || 'no run at all'}`;
  return { result: 'warning', detail, mend: `autosync snapshot '${repo.path}'` };
}

function checkLeftOut({ locations }: Wiring, repo: RegisteredRepo): Finding {
  const found = readState(locations, repo.id).lastReport?.quarantined ?? [];
  const surprising = found.filter(({ reason }) => leftOutAdvice(repo.vcs, reason) !== undefined);
  const [first] = surprising;
  if (first === undefined) return ok(found.length === 0 ? 'nothing' : `${found.length} paths, none of them surprising`);
  const more = surprising.length === 1 ? '' : `, and ${surprising.length - 1} more`;
  const mend = leftOutAdvice(repo.vcs, first.reason) ?? '';
  return { result: 'warning', detail: `'${printable(first.path)}' (${first.reason})${more}`, mend };
}

function checkSharedSettings({ path }: RegisteredRepo): Finding {
  const { toml, problems } = readSharedSettings(path, parseSchedule);
  const [first] = problems;
  if (first === undefined) return ok(toml === undefined ? `no ${SHARED_FILE}` : `from ${SHARED_FILE}`);
  return { result: 'warning', detail: first, mend: `mend ${SHARED_FILE}; what is wrong in it is passed over` };
}
