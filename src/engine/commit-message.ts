import type { Change } from '../model/change.js';
import type { Conflict } from '../model/outcome.js';
import type { ConflictPolicy, Settings } from '../model/repo.js';
import { printable } from '../system/printable.js';
import { type CommitMessages, MACHINE_TRAILER } from '../vcs/vcs.js';

const MAX_SUBJECT = 200;
const MAX_LINES = 100;
const VERBS = { added: 'Added', modified: 'Modified', removed: 'Removed', renamed: 'Renamed' } as const;

/** Returns how a machine words its commits; a subject given by hand (`-m`) replaces the template. */
export function commitMessages(
  settings: Pick<Settings, 'machine' | 'message' | 'conflict'>,
  subject?: string,
): CommitMessages {
  const { machine } = settings;
  return {
    snapshot: (changes) => snapshotMessage(changes, machine, subject ?? settings.message),
    backup: (changes) =>
      changes.length === 0
        ? withTrailer('Took in what was committed by hand', '', machine)
        : snapshotMessage(changes, machine, subject ?? settings.message),
    merge: (conflicts) => mergeMessage(conflicts, settings),
    isGivenByHand: subject !== undefined,
  };
}

/** Composes a snapshot's message: the event, one line per file when there are several, and the machine. */
function snapshotMessage(changes: readonly Change[], machine: string, template: string): string {
  // In one pass: a name may look like a placeholder.
  const subject = template.replaceAll(/\{(event|machine)\}/g, (_, name) =>
    name === 'event' ? event(changes) : machine,
  );
  return withTrailer(printable(subject).slice(0, MAX_SUBJECT), changes.length > 1 ? body(changes) : '', machine);
}

/** What a merge that was made has kept of each conflict. */
const KEPT: Readonly<Record<ConflictPolicy, string>> = {
  'keep-both': 'Kept both versions',
  pause: 'Kept both versions',
  'prefer-local': "Kept this machine's version",
  'prefer-remote': "Kept the hub's version",
};

/** Composes the message of a merge: what was kept of each conflict. */
function mergeMessage(
  conflicts: readonly Conflict[],
  { machine, conflict: policy }: Pick<Settings, 'machine' | 'conflict'>,
): string {
  const [only] = conflicts;
  if (only === undefined) return withTrailer("Merged the hub's work", '', machine);
  const kept = KEPT[policy];
  const subject =
    conflicts.length === 1 ? `${kept} of ${printable(only.path)}` : `${kept} of ${conflicts.length} files`;
  const lines = conflicts.slice(0, MAX_LINES).map((conflict) => {
    const copy = conflict.copy === undefined ? '' : `, and ${printable(conflict.copy)}`;
    return `${conflict.kind}: ${printable(conflict.kept ?? conflict.path)}${copy}`;
  });
  return withTrailer(subject.slice(0, MAX_SUBJECT), lines.join('\n'), machine);
}

/** Composes the message of what a person asked for: what was done, one line for each file, and the machine. */
export function deedMessage(subject: string, lines: readonly string[], machine: string): string {
  const shown = lines.slice(0, MAX_LINES).map(printable);
  if (lines.length > MAX_LINES) shown.push(`and ${lines.length - MAX_LINES} more`);
  return withTrailer(printable(subject).slice(0, MAX_SUBJECT), shown.join('\n'), machine);
}

/** Joins a subject, a body and the machine's trailer to a message. */
function withTrailer(subject: string, text: string, machine: string): string {
  const middle = text === '' ? '' : `${text}\n\n`;
  return `${subject}\n\n${middle}${MACHINE_TRAILER}: ${machine}\n`;
}

/** Says what happened in one line: one change by name, several by number. */
function event(changes: readonly Change[]): string {
  const [only] = changes;
  if (only !== undefined && changes.length === 1) return sentence(only);
  const counts = (['added', 'modified', 'removed', 'renamed'] as const)
    .map((type) => [type, changes.filter((change) => change.type === type).length] as const)
    .filter(([, count]) => count > 0)
    .map(([type, count]) => `${type} ${count}`);
  const text = counts.join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sentence(change: Change): string {
  const verb = VERBS[change.type];
  const path = printable(change.path);
  return change.type === 'renamed' ? `${verb} ${printable(change.from)} to ${path}` : `${verb} ${path}`;
}

function body(changes: readonly Change[]): string {
  const lines = changes.slice(0, MAX_LINES).map(sentence);
  if (changes.length > MAX_LINES) lines.push(`and ${changes.length - MAX_LINES} more`);
  return lines.join('\n');
}
