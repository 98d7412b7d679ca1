import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HookWorld } from './hook-world.js';

/** A kind of hook that a repository may have had before us. */
export type HookOfOthers = {
  readonly kind: string;
  /** Puts the hook in place for an event. */
  readonly put: (world: HookWorld, event: string) => void;
  /** Whether git runs such a hook. */
  readonly runs: boolean;
};

/** Says all that a hook can know and change: `$?`, `$!`, its arguments, its own name, its standard input. */
const SHELL = `printf '%s|%s|%s|%s\\n' "$?" "\${!-none}" "$*" "\${0##*/}"
cat
exit 3
`;

const NODE = `const { basename } = require('node:path');
console.log(basename(process.argv[1]), process.argv.slice(2), require('node:fs').readFileSync(0, 'utf8'));
console.log(require('./beside.json'));
process.exitCode = 5;
`;

const script =
  (text: string, mode = 0o755) =>
  (world: HookWorld, event: string): void => {
    writeFileSync(join(world.hooks, event), text);
    chmodSync(join(world.hooks, event), mode);
  };

/** Puts a link to a hook that stands elsewhere, such as a script that the repository tracks. */
const linkTo =
  (target: string, text?: string) =>
  (world: HookWorld, event: string): void => {
    const path = join(world.hooks, target);
    if (text !== undefined) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text, { mode: 0o755 });
    }
    symlinkSync(target, join(world.hooks, event));
  };

function nodeScript(world: HookWorld, event: string): void {
  writeFileSync(join(world.hooks, 'beside.json'), '"what stands beside the hook"');
  script(`#!/usr/bin/env node\n${NODE}`, 0o750)(world, event);
}

const binary = (world: HookWorld, event: string): void => {
  const program = ['/bin/false', '/usr/bin/false'].find((path) => existsSync(path)) ?? '';
  copyFileSync(realpathSync(program), join(world.hooks, event));
  chmodSync(join(world.hooks, event), 0o755);
};

const runs = (kind: string, put: HookOfOthers['put']): HookOfOthers => ({ kind, put, runs: true });
const rests = (kind: string, put: HookOfOthers['put']): HookOfOthers => ({ kind, put, runs: false });

/** The kinds of hooks that are met with, and those that go wrong. */
export const HOOKS_OF_OTHERS: readonly HookOfOthers[] = [
  runs('for sh', script(`#!/bin/sh\n${SHELL}`)),
  runs('for sh, strict', script(`#!/bin/sh -eu\n${SHELL}`)),
  runs('for sh, strict by itself', script(`#!/bin/sh\nset -eu\n${SHELL}`)),
  runs('for sh, with a trace', script(`#!/bin/sh -x\n${SHELL}`)),
  runs('for bash, with a trace', script(`#!/bin/bash -x\n${SHELL}`)),
  runs('for the bash that is found', script(`#!/usr/bin/env bash\nset -euo pipefail\n${SHELL}`)),
  runs('for the bash that is found, with options', script(`#!/usr/bin/env -S bash -eu\n${SHELL}`)),
  runs('for sh, with blanks', script(`#! /bin/sh  \n${SHELL}`)),
  runs('for sh, that waits for its children', script('#!/bin/sh\nsleep 0 &\nwait\necho "$?"\ncat\n')),
  runs('that ends in exec', script('#!/bin/sh\nexec cat')),
  runs('without a final newline', script('#!/bin/sh\necho last')),
  runs('of a first line alone', script('#!/bin/sh')),
  runs('of a first line alone, with its newline', script('#!/bin/sh\n')),
  runs('without a first line', script(SHELL)),
  runs('that is empty', script('')),
  runs('with a mode of its own', script(`#!/bin/sh\n${SHELL}`, 0o775)),
  runs('that is read-only', script(`#!/bin/sh\n${SHELL}`, 0o555)),
  runs('of other bytes', script(`#!/bin/sh\necho '\u00e4\u{1f600}'\n`)),
  runs('for node', nodeScript),
  runs('that is a binary', binary),
  runs('that is shell and JavaScript at once', script(`#!/bin/sh\n":" //; exec node "$0" "$@"\nconsole.log(1)\n`)),
  runs('that reads its own end', script('#!/bin/sh\ntail -n +4 "$0"\nexit\ndata\n')),
  runs('that is a link into the working tree', linkTo('../../scripts/hook', `#!/bin/sh\n${SHELL}`)),
  runs('that is a link to a hook beside it', linkTo('shared', `#!/bin/sh\n${SHELL}`)),
  rests('that is not executable', script(`#!/bin/sh\n${SHELL}`, 0o644)),
  rests('for node, and not executable', script(`#!/usr/bin/env node\n${NODE}`, 0o600)),
  rests('that is a link to nothing', linkTo('../../nowhere')),
  rests('with line ends of another system', script(`#!/bin/sh\r\necho 1\r\n`)),
  rests('that is a folder', (world, event) => mkdirSync(join(world.hooks, event))),
];
