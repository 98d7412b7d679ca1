import { relative } from 'node:path';
import type { Blocked } from '../../model/outcome.js';
import type { RelativePath } from '../../model/paths.js';
import { joinPath, remove, writeAtomically } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import { exactly, type Hg, hgIn } from './command.js';
import type { Repository } from './repository.js';

const IGNORE_FILE = '.hgignore';

/** Says that hg cannot read the rules of what to ignore, and so tells nothing of the tree; undefined where it can. */
export async function unreadableRules(repository: Repository): Promise<Blocked | undefined> {
  const broken = await readRules(repository.hg);
  if (broken === undefined) return undefined;
  return {
    kind: 'damaged',
    hint: `${broken.file}: hg cannot read the rule '${broken.rule}'; correct it there; where it came with a pull: hg revert -r .^ ${IGNORE_FILE}`,
  };
}

/** Says that hg could not read the rules that a changeset brings: once they stood in the tree, it would tell nothing of it. */
export async function unreadableRulesIn(
  repository: Repository,
  changeset: string,
  paths: readonly RelativePath[],
): Promise<Blocked | undefined> {
  if (!paths.some((path) => path === IGNORE_FILE)) return undefined;
  const cat = await repository.hg.run(['cat', `--rev=${changeset}`, '--', ...exactly([IGNORE_FILE])]);
  // 1: it is taken away there.
  if (cat.exitCode !== 0) return undefined;
  const file = joinPath(repository.privateFolder, 'incoming-hgignore');
  // An hg that is at work already reads the rules that it began with.
  const hg = hgIn(repository.top, [`ui.ignore.autosync=${relative(repository.top, file)}`]);
  try {
    writeAtomically(file, cat.stdout);
    const broken = await readRules(hg);
    return broken === undefined ? undefined : incoming(changeset, broken.rule);
  } finally {
    hg.end();
    remove(file);
  }
}

const incoming = (changeset: string, rule: string): Blocked => ({
  kind: 'damaged',
  hint: `'${IGNORE_FILE}' of ${changeset.slice(0, 12)} on the hub has a rule that hg cannot read, '${rule}', so nothing is brought in; correct it on the machine that it came from`,
});

type Broken = { readonly file: string; readonly rule: string };

/**
 * Lets hg read the rules; what it says of one that it cannot is
 *
 *     abort: <file>: invalid pattern (<syntax>): <rule>
 */
async function readRules(hg: Hg): Promise<Broken | undefined> {
  const { exitCode, stderr } = await hg.run(['debugignore']);
  if (exitCode === 0) return undefined;
  const [, file = '', rule = ''] = /^abort: (.*): invalid pattern \(\w+\): (.*)$/m.exec(stderr) ?? [];
  return file === '' ? undefined : { file: printable(file), rule: printable(rule) };
}
