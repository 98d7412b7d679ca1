import { HOOK_EVENTS, type HookEvent } from '../../src/hooks/hook-installer.js';

/** What was seen of a tool's hooks and ours, at one event, in the order in which both were installed. */
export type Seen = {
  readonly theirsFirst: {
    readonly theirs: string;
    readonly ours: string;
    readonly restored: string;
    readonly healed: string;
  };
  readonly oursFirst: { readonly theirs: string; readonly ours: string; readonly restored: string };
};

/** The tools of one way, each with what was seen at each event. */
export type SeenOfWay = {
  readonly title: string;
  readonly tools: readonly { readonly name: string; readonly seen: Readonly<Record<HookEvent, Seen>> }[];
};

const INTRODUCTION = `# Other people's hooks

A commit is pushed within seconds because a git hook asks for a run. Nothing depends on it: without hooks the scheduler
does the same work later. So the hooks of others come first, and each run looks whether ours are in place, and puts them
back where another tool has written its own over them.

In this order:

1. **git 2.54 or newer**: the hooks are named in the repository's own configuration, \`.git/config\`, between two marker
   lines. git runs them besides whatever is in the hooks folder, and no other tool ever meets them.
2. **An older git**: a few lines right below the first line (at the end of git-lfs's own hooks, which it knows by how
   they begin) of \`post-commit\`, \`post-merge\` and \`post-rewrite\` in the
   folder that git looks in, as long as it is this clone's own: \`.git/hooks\`, or a folder in the working tree that git
   ignores, such as husky's \`_\` in \`.husky\`. A hook that takes no lines of shell is kept aside and run from there.
3. **Neither**: a folder that is tracked, where our lines would be a change to commit, and one that \`core.hooksPath\`
   shares among repositories are left alone. The scheduler does the work; \`autosync install\` and \`autosync doctor\` say so.

Programs that bring a git of their own (some editors and desktop clients) run the hooks that their git knows.

## What our own calls run

A snapshot asks the hooks of yours that may refuse a commit: \`pre-commit\` and \`commit-msg\` under git, \`pre-commit\`,
\`precommit\` and \`pretxncommit\` under Mercurial, which also asks \`prechangegroup\` and \`pretxnchangegroup\` before anything
comes in. A refusal is said, and the work still leaves the machine, on \`autosync/<machine>/<branch>\`. No other hook is run
by our calls: not those that are told of a commit, a push or an update, and none in the private share where hg merges.

A hook that could have come with a push is passed over unless \`tracked-hooks = true\`: under git what lies in a folder inside
the working tree, under Mercurial a line of hgrc that names a file of the working tree, in whatever way, or of which nobody
can tell by reading it what it runs (\`eval\`, a shell that is fed through a pipe). One that names none goes on to be asked, and
so does one that merely looks there (\`grep\`, \`test\`); what such a program finds in the tree by itself, as \`make\` does, is
yours to judge. A hub's own hooks stay in force.

An extension of Mercurial's of which a file in the working tree, or in another one with the same history, is a part could
have come with a push as well. Whichever hgrc names it, no call of ours loads it unless \`tracked-hooks = true\`; that is
said once, and \`autosync doctor\` says it as long as it is so. \`test/contract/vcs-index.test.ts\`,
\`test/contract/vcs-hg-hooks.test.ts\` and \`test/contract/vcs-hg-tracked-extensions.test.ts\` hold this.

## Beside the hooks of others

This page is written by \`npm run docs\` from what happened in \`test/e2e/hook-managers.test.ts\`, with the real tools; the
test fails when it is no longer so. *Theirs* and *ours* say whether the hook ran, exactly once. *Restored* means that after
\`autosync uninstall\` every byte and mode of the hooks folders and of \`.git/config\` is what the other tool alone makes
of it. *Healed*: the other tool was installed once more, the next run came, and both hooks ran; "not lost" means that ours
ran even before that run.
`;

const HEAD = [
  '| hooks | event | theirs | ours | restored | healed | theirs | ours | restored |',
  '|---|---|---|---|---|---|---|---|---|',
];

/** Renders the rows of one tool; events at which the same was seen share one. */
export function rowsOf({ name, seen }: SeenOfWay['tools'][number]): readonly string[] {
  const events = new Map<string, HookEvent[]>();
  for (const event of HOOK_EVENTS) {
    const { theirsFirst: a, oursFirst: b } = seen[event];
    const cells = [a.theirs, a.ours, a.restored, a.healed, b.theirs, b.ours, b.restored].join(' | ');
    events.set(cells, [...(events.get(cells) ?? []), event]);
  }
  return [...events].map(([cells, shared]) => `| ${name} | ${shared.join(', ')} | ${cells} |`);
}

/** Renders the page. */
export function hooksPage(ways: readonly SeenOfWay[]): string {
  const tables = ways.map(({ title, tools }) => {
    const lines = [...HEAD, ...tools.flatMap(rowsOf)];
    return `\n## ${title}\n\nOn the left theirs were there first, on the right ours.\n\n${lines.join('\n')}\n`;
  });
  return `${INTRODUCTION}${tables.join('')}${CLOSING}`;
}

const CLOSING = `
"–": the tool has no hook for that event. "left alone": nothing of ours was written, the scheduler does the work.
"refused": \`git lfs install\` puts no hook where there is another, says "Hook already exists" and what to do;
\`git lfs update --force\` writes it all the same, and the next run adds our lines to it.
`;
