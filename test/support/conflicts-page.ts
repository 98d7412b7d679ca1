import type { Conflict } from '../../src/model/outcome.js';
import type { VcsKind } from '../../src/model/report.js';
import type { Meeting } from './meetings.js';

/** What a meeting led to, in words, under the policy `keep-both`. */
export type Outcome = { readonly files: readonly string[]; readonly kinds: readonly string[] };

type Files = Readonly<Record<string, string>>;

/** Describes what stands where after a meeting, and whose it is. */
export function whatBecameOf(
  apart: { readonly mine: Files; readonly theirs: Files },
  together: Files,
  conflicts: readonly Conflict[],
): Outcome {
  const files = Object.entries(together)
    .filter(([path]) => path !== 'README.md')
    .map(([path, content]) => `${shown(path)}: ${whose(apart, path, content)}`);
  return {
    files,
    kinds: [...new Set(conflicts.map(({ kind }) => kind))].sort(),
  };
}

function whose({ mine, theirs }: Parameters<typeof whatBecameOf>[0], path: string, content: string): string {
  const copy = / \(conflict (mine|theirs) /.exec(path)?.[1];
  if (copy !== undefined) return copy;
  const inMine = mine[path] === content || (!(path in mine) && Object.values(mine).includes(content));
  const inTheirs = theirs[path] === content || (!(path in theirs) && Object.values(theirs).includes(content));
  if (inMine && inTheirs) return 'the same on both';
  if (inMine) return 'mine';
  return inTheirs ? 'theirs' : 'both, merged';
}

/** A conflict copy's name holds the day and the content's id, which say nothing here. */
function shown(path: string): string {
  const name = path.replace(/\((conflict \S+) \S+ [0-9a-f]{7}( \d+)?\)/, '($1 …)');
  return `\`${name.length > 40 ? `${name.slice(0, 12)}…${name.slice(-24)}` : name}\``;
}

const INTRODUCTION = `# When two machines changed the same thing

Both are brought together beside the working tree (git: in the object store, hg: in a private share); where no version can
be told to be the right one, both are kept: the hub's keeps the name, the other becomes a conflict copy beside it, named
after the machine that it comes from, its day and its content. No file ever holds conflict markers, and a change wins over
a removal. What is in no commit (ignored, too large) and stands where something comes in is moved aside as such a copy, too.

Files that say what is left out of commits (\`.gitignore\`, \`.hgignore\`) are never in such a conflict, under no policy: both
machines' rules hold from then on, since what a rule keeps back would be sent as soon as it ruled no more.

Under the policy \`pause\` nothing is merged where there is a conflict: the work leaves the machine on
\`autosync/<machine>/<branch>\` (git: a branch, hg: a bookmark), and waits for a person.

Under \`prefer-local\` this machine's version stands wherever there is a conflict, under \`prefer-remote\` the hub's, be that a
removal; there is no copy, since the other version is in the history: its commit is a parent of the merge. The verdict is
\`synced\`, and the conflict is listed in the report and told once. Nothing else that the preferred side has goes away by it: a file
that the other side had renamed to a name in conflict is put back under its own. What is in no commit is still moved aside.

This page is written by \`npm run docs\` from what really happened in \`test/contract/vcs-conflicts.test.ts\`, which fails
when it is no longer so. \`mine\` is the machine that comes second, and so merges; \`theirs\` was on the hub before.

`;

type Outcomes = ReadonlyMap<VcsKind, ReadonlyMap<string, Outcome>>;

/** Renders the page: each meeting with what it led to under both policies, and where hg comes to another end than git. */
export function conflictsPage(meetings: readonly Meeting[], outcomes: Outcomes): string {
  const of = (vcs: VcsKind, { name }: Meeting): Outcome => {
    const outcome = outcomes.get(vcs)?.get(name);
    if (outcome === undefined) throw new Error(`nothing is known of '${name}' under ${vcs}: run the whole suite`);
    return outcome;
  };
  const rows = meetings.map((meeting) => row(meeting, of('git', meeting)));
  const others = meetings.filter((meeting) => row(meeting, of('git', meeting)) !== row(meeting, of('hg', meeting)));
  const table = [...HEAD, ...rows].join('\n');
  if (others.length === 0) return `${INTRODUCTION}${table}\n\nUnder git and under Mercurial alike.\n`;
  const differing = [...HEAD, ...others.map((meeting) => row(meeting, of('hg', meeting)))].join('\n');
  return `${INTRODUCTION}${table}\n\nUnder Mercurial all is the same, but for:\n\n${differing}\n`;
}

const HEAD = ['| what met | `keep-both`: what stands there then | conflict | `pause` |', '|---|---|---|---|'];

function row({ name, conflict }: Meeting, { files, kinds }: Outcome): string {
  const kind = kinds.length === 0 ? '–' : kinds.join(', ');
  return `| ${name} | ${files.join('<br>')} | ${kind} | ${conflict ? 'waits for a person' : 'the same'} |`;
}
