import type { Argv } from 'yargs';
import { installSourceHook, removeSourceHook } from '../mirror/source-hook.js';
import { mirrorExitCode } from '../mirror/verdict.js';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { Mirror } from '../model/mirror.js';
import { chooseScheduler, type SchedulerWish } from '../scheduler/index.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { installLauncher, launcherRecord, removeLauncher } from '../store/launcher.js';
import type { Locations } from '../store/locations.js';
import { withLock } from '../store/lock.js';
import { mirrorsFolder, readMirror, registerMirror, unregisterMirror } from '../store/mirror-registry.js';
import { updateMirrorState } from '../store/mirror-state.js';
import { exists, isFolder, joinPath, makeFolder, removeEmptyFolder } from '../system/files.js';
import { redact } from '../system/printable.js';
import { say, sayJson, warn } from '../system/terminal.js';
import { type Arguments, type Command, isOn, withJson } from './command.js';
import { entryFor, presentScheduler, rememberWish } from './entry.js';
import { describeMirror } from './mirror-report.js';
import { webhookAdvice } from './mirror-webhook.js';
import { type MirrorWish, readMirrorWish } from './mirror-wish.js';
import { namedMirrors, runMirrors } from './mirrors.js';
import { installedRepos } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** Half a minute: another installation of the same user is quick. */
const WAIT_MS = 30_000;

/** `autosync mirror add <source> <destination>`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('source', { type: 'string', describe: 'The Mercurial repository: a path or a URL' })
      .positional('destination', { type: 'string', describe: 'The git repository: a path or a URL' })
      .option('name', { type: 'string', describe: "The mirror's name (default: the source's last part)" })
      .option('trigger', {
        type: 'string',
        array: true,
        choices: ['hook', 'schedule', 'webhook', 'none'],
        describe: 'What starts a run (default: the schedule, and for a source on this machine its hooks)',
      })
      .option('schedule', { type: 'string', describe: "When to run: a cron expression such as '*/15 * * * *'" })
      .option('every', { type: 'string', describe: 'How often to run: 5m, 1h, 1d (default: 5m)' })
      .option('scheduler', {
        type: 'string',
        choices: ['auto', 'cron', 'none'],
        default: 'auto',
        describe: 'Which scheduler to use',
      })
      .option('branch', { type: 'string', describe: "The git branch for 'default' (default: git's main one there)" })
      .option('authors', { type: 'string', describe: 'A file with lines: <Mercurial user> = Name <email>' })
      .option('backend', {
        type: 'string',
        choices: ['export', 'hggit'],
        default: 'export',
        describe: 'Who makes the commits: autosync, or hg-git in a repository that it has mirrored so far',
      })
      .example('$0 mirror add ~/src/project git@example.org:me/project.git', 'mirror a repository, and run it once')
      .example('$0 mirror add https://example.org/hg/project /srv/git/project.git --every 1h', 'look every hour')
      .example('$0 mirror add https://example.org/hg/project … --trigger webhook', 'and say how it can be rung for'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const wish = await readMirrorWish(args);
    const change = await addMirror(wiring, wish);
    const json = isOn(args, 'json');
    const advice = wish.file.triggers.includes('webhook') ? webhookAdvice(wiring.locations, wish.name) : [];
    if (!json) warn(`${change === 'unchanged' ? 'kept' : change} mirror ${wish.name}; first run …`);
    const mirrors = namedMirrors(wiring.locations, [wish.name]);
    const reports = await runMirrors(wiring, mirrors, { trigger: 'manual', verify: false, waitMs: WAIT_MS });
    if (json) {
      const { triggers } = wish.file;
      sayJson({ schema: 1, name: wish.name, change, triggers, firstRun: reports[0] ?? null, webhook: advice });
    } else for (const line of [...reports.flatMap(describeMirror), ...advice]) say(line);
    return reports.length === 0 ? EXIT.failed : mirrorExitCode(reports);
  },
};

/** Puts everything in place: registration, launcher, hooks, scheduler entry. */
async function addMirror(
  { locations, schedulers }: Wiring,
  { name, file, scheduler }: MirrorWish,
): Promise<'created' | 'updated' | 'unchanged'> {
  makeFolder(locations.state);
  makeFolder(mirrorsFolder(locations));
  return await withLock(joinPath(locations.state, 'install.lock'), { waitMs: WAIT_MS }, async () => {
    const before = readMirror(locations, { name, parseSchedule });
    if (before !== undefined && before.source !== file.source) {
      throw new AutosyncError('usage', `there is a mirror '${name}' of '${redact(before.source)}'`, [
        `give this one another name: --name, or: autosync mirror remove ${name}`,
      ]);
    }
    const hadLauncher = exists(locations.launcher);
    try {
      const change = await place(locations, name, file);
      if (before !== undefined && before.destination !== file.destination) {
        // Of another git side nothing is known yet.
        await updateMirrorState(locations, { name, change: (state) => ({ ...state, mirrored: 0 }) });
      }
      if (file.triggers.includes('schedule')) await keepScheduled({ locations, schedulers }, scheduler);
      return change;
    } catch (error) {
      if (before === undefined) await takeBackNew(locations, { name, source: file.source });
      if (!hadLauncher) removeLauncher(locations.launcher);
      throw error;
    }
  });
}

async function place(
  places: Locations,
  name: string,
  file: MirrorWish['file'],
): Promise<'created' | 'updated' | 'unchanged'> {
  if (file.triggers.length > 0) installLauncher(places.launcher, launcherRecord(places));
  const mirror = { name, source: file.source };
  if (file.triggers.includes('hook')) installSourceHook({ mirror, launcher: places.launcher });
  else if (isFolder(file.source)) removeSourceHook(mirror);
  return await registerMirror(places, name, file);
}

/** Takes back what was put in place for a mirror that could not be added after all. */
async function takeBackNew(places: Locations, mirror: Pick<Mirror, 'name' | 'source'>): Promise<void> {
  await unregisterMirror(places, mirror.name);
  removeEmptyFolder(mirrorsFolder(places));
  if (isFolder(mirror.source)) removeSourceHook(mirror);
}

async function keepScheduled(
  { locations, schedulers }: Pick<Wiring, 'locations' | 'schedulers'>,
  wish: SchedulerWish,
): Promise<void> {
  const entry = entryFor(locations, installedRepos(locations));
  const present = await presentScheduler(schedulers, entry);
  if (present !== undefined) {
    await present.install(entry);
    return;
  }
  const choice = await chooseScheduler(wish, schedulers);
  if (choice.kind === 'chosen') await choice.scheduler.install(entry);
  else warn(`no scheduler calls autosync on this machine: ${choice.why}`);
  rememberWish(locations, wish);
}
