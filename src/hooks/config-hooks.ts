import type { AbsolutePath } from '../model/paths.js';
import { readIfPresent } from '../system/files.js';
import { insertBlock } from '../system/managed-block.js';
import { decodePath } from '../system/path-bytes.js';
import { printable } from '../system/printable.js';
import { removeSections, renderSections, replaceConfig, tornIn } from './config-block.js';
import { hasScripts, removeFormer, removeScripts } from './git-hooks.js';
import { HOOK_BLOCK } from './hook-block.js';
import type { HookFile, HookInstaller, HookRequest, HookResult, HookState } from './hook-installer.js';

/** A byte order mark is one only at a file's very start, where our block would come. */
const BYTE_ORDER_MARK = Buffer.from('\u{feff}');

/**
 * Hooks that the repository's own configuration names (git-hook(1), git 2.54 and newer): git runs them besides whatever
 * is in the hooks folder, wherever that is, so that no other tool ever meets them.
 */
export const configHooks: HookInstaller = {
  handles: (site) => site.config?.runsHooks === true,
  render: (request) => {
    const plan = planConfig(request);
    return plan.kind === 'leave' ? [] : [fileOf(plan)];
  },
  install,
  uninstall: (request) => {
    try {
      // An older git may have been the one at the installation.
      if (request.site.owner === 'own') removeScripts(request);
      removeFormer(request);
    } finally {
      removeSections(request);
    }
  },
  state,
};

/** In another place than the repository's own, scripts that start autosync are another repository's. */
const hasOurScripts = (request: HookRequest): boolean => request.site.owner === 'own' && hasScripts(request);

type ConfigPlan =
  | { readonly kind: 'leave'; readonly why: string }
  | { readonly kind: 'changed' | 'unchanged'; readonly file: AbsolutePath; readonly text: Buffer };

const fileOf = ({ file, text, kind }: Extract<ConfigPlan, { text: Buffer }>): HookFile => ({
  path: file,
  content: decodePath(text),
  change: kind === 'changed' ? 'edit' : 'none',
});

function planConfig(request: HookRequest): ConfigPlan {
  const named = request.site.config?.file;
  const text = named === undefined ? undefined : readIfPresent(named);
  if (named === undefined || text === undefined) return leave('there is no configuration');
  if (text.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) {
    return leave(`'${printable(named)}' begins with a byte order mark`);
  }
  const edit = insertBlock(text, renderSections(request), HOOK_BLOCK);
  if (edit.kind === 'unbalanced') return leave(tornIn(named, edit.lines));
  return { ...edit, file: named };
}

const leave = (why: string): ConfigPlan => ({ kind: 'leave', why: `${why}; the scheduler does the work` });

function install(request: HookRequest): HookResult {
  const plan = planConfig(request);
  if (plan.kind === 'leave') return { kind: 'left-alone', why: plan.why };
  const hadScripts = hasOurScripts(request);
  if (plan.kind === 'changed' && !replaceConfig(plan.file, plan.text)) {
    return { kind: 'left-alone', why: `'${printable(plan.file)}' is locked by another program` };
  }
  // What was installed when git was older would start the launcher a second time.
  if (hadScripts) removeScripts(request);
  const kind = plan.kind === 'changed' || hadScripts ? 'installed' : 'unchanged';
  return { kind, files: [plan.file], notes: [] };
}

function state(request: HookRequest): HookState {
  const plan = planConfig(request);
  if (plan.kind === 'leave') return { kind: 'not-ours-to-write', detail: plan.why };
  if (plan.kind === 'changed') return { kind: 'missing', detail: `not in place in '${printable(plan.file)}'` };
  if (hasOurScripts(request)) return { kind: 'missing', detail: 'scripts of an earlier installation are still there' };
  return { kind: 'present', detail: '' };
}
