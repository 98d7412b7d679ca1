import type { PushOutcome } from '../model/outcome.js';
import { counted } from '../system/counted.js';
import { printable } from '../system/printable.js';
import type { LeftBehind } from '../vcs/vcs.js';
import { type Facts, mergePushes } from './facts.js';
import type { TickRequest } from './round.js';

/**
 * Sends what the person committed to other branches and left there: a hook would have sent it at once, had the hub been
 * in reach or had he stayed. What a run may not send, or cannot, is told.
 */
export async function sendLeftBehind({ tree, push }: Pick<TickRequest, 'tree' | 'push'>, facts: Facts): Promise<Facts> {
  let known = facts;
  for (const left of facts.leftBehind) {
    const sent = push && left.mayBeSent ? await tree.sendLeftBehind(left) : undefined;
    if (sent?.kind === 'pushed') known = { ...known, push: addTo(known.push, sent) };
    else if (sent?.kind !== 'nothing-to-push') known = { ...known, leftAlone: added(known.leftAlone, left, sent) };
  }
  return known;
}

/** What kept the branch itself from being sent is not made good by another one. */
const addTo = (push: PushOutcome, sent: PushOutcome): PushOutcome =>
  push.kind === 'pushed' || push.kind === 'nothing-to-push' ? mergePushes(push, sent) : push;

function added(words: string, { branch, commits, way }: LeftBehind, sent: PushOutcome | undefined): string {
  const why = sent !== undefined && 'why' in sent ? ` (${sent.why})` : '';
  const news = `${counted(commits, 'commit')} on '${printable(branch)}' not at the hub${why}: ${way}`;
  return words === '' ? news : `${words}; ${news}`;
}
