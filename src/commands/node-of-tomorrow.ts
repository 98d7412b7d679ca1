import type { AbsolutePath } from '../model/paths.js';
import type { Caution } from '../scheduler/scheduler.js';
import type { LauncherRecord } from '../store/launcher.js';
import { isExecutable, joinPath, listNames } from '../system/files.js';

/** Folders that hold one version of node and go away with it: nvm, fnm, volta, asdf, mise, Homebrew. */
const VERSIONED =
  /\/(\.nvm\/versions|node-versions|fnm_multishells|\.volta\/tools\/image|\.asdf\/installs|mise\/installs|Cellar)\//;

/**
 * Tells what will happen when the node that the launcher remembers goes away with its version: nothing, as long as one
 * of the places that the launcher looks at then (`templates/launcher/run.sh`, `find_node`) has another.
 */
export function nodeCautions(
  { node, stableNode, home }: Pick<LauncherRecord, 'node' | 'stableNode' | 'home'>,
  isNode: (path: string) => boolean = isExecutable,
): readonly Caution[] {
  if (!VERSIONED.test(node) || stableNode !== '') return [];
  if ([...lastingNodes(home), ...nodesOfNvm(home)].some((path) => path !== node && isNode(path))) return [];
  const what = `node goes away with its version ('${node}'), and there is no other that an upgrade leaves`;
  return [{ what, mend: 'after every upgrade of node: autosync doctor --fix' }];
}

const lastingNodes = (home: AbsolutePath): readonly string[] => [
  joinPath(home, '.volta', 'bin', 'node'),
  joinPath(home, '.asdf', 'shims', 'node'),
  joinPath(home, '.local', 'share', 'mise', 'shims', 'node'),
  joinPath(home, '.local', 'share', 'fnm', 'aliases', 'default', 'bin', 'node'),
  joinPath(home, 'Library', 'Application Support', 'fnm', 'aliases', 'default', 'bin', 'node'),
  '/opt/homebrew/bin/node',
  '/usr/local/bin/node',
  '/usr/bin/node',
];

/** What nvm has beside the remembered one is what it will have after it, too. */
function nodesOfNvm(home: AbsolutePath): readonly string[] {
  const versions = joinPath(home, '.nvm', 'versions', 'node');
  return listNames(versions).map((version) => joinPath(versions, version, 'bin', 'node'));
}
