import type { BlockStyle } from '../system/managed-block.js';
import { readTemplate } from '../system/package.js';
import { quoteShell } from '../system/quote.js';
import { fillTemplate } from '../system/template.js';
import type { HookEvent, HookRequest } from './hook-installer.js';

/** What was there before our block; the block itself says it, so that uninstalling needs no other record. */
export type Before = 'no folder' | 'no hook' | 'a hook' | 'a hook, kept aside';

/** The lines between which everything is ours. */
export const HOOK_BLOCK: BlockStyle = {
  begin: '# >>> autosync >>>',
  end: '# <<< autosync <<<',
};

/** A hook that does nothing. */
export const EMPTY_HOOK: Buffer = Buffer.from('#!/bin/sh\n');

const BEFORE = /^# Before that there was '([^']*)'\.$/m;

/** Returns the lines that start the launcher, in the background and out of the way of the script around them. */
export function renderBlock(request: HookRequest, event: HookEvent, before: Before): string {
  return fillTemplate(readTemplate('git/hook-block.sh'), { before, launcher: request.launcher, event }, quoteShell);
}

/** Returns the script that stands in for a hook that is kept aside. */
export function renderWrapper(event: HookEvent): Buffer {
  return Buffer.from(fillTemplate(readTemplate('git/hook-wrapper.sh'), { event }, quoteShell));
}

/** Returns what a block says was there before it; one that says nothing known stands in somebody's own hook. */
export function readBefore(block: string): Before {
  const found = BEFORE.exec(block)?.[1];
  return found === 'no folder' || found === 'no hook' || found === 'a hook, kept aside' ? found : 'a hook';
}
