import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { MirrorRef, MirrorReport, MirrorVerdict } from '../model/mirror.js';
import type { RemoteFailure } from '../model/outcome.js';
import type { MirrorRun } from './run.js';

/** How a mirror stands, and why. */
export type Judged = Pick<MirrorReport, 'verdict' | 'why'>;

/** Will be over by itself: nobody has to do anything. */
const PASSING: readonly RemoteFailure[] = ['offline', 'timeout'];

/** Says how a mirror stands after a run; what is worst comes first. */
export function judge({ pulled, published, verified }: Pick<MirrorRun, 'pulled' | 'published' | 'verified'>): Judged {
  const found: Judged[] = [];
  if (verified !== null && verified.differences.length > 0) {
    const [first] = verified.differences;
    const many = `${verified.differences.length} of ${verified.revisions} revisions differ`;
    found.push({ verdict: 'failed', why: `${many}; the first is ${first?.changeset}: ${first?.why}` });
  }
  if (pulled.kind === 'unrelated') found.push({ verdict: 'attention', why: pulled.why });
  if (published.kind === 'published') found.push(...judgeRefs(published.refs));
  for (const [side, outcome] of [
    ['source', pulled],
    ['destination', published],
  ] as const) {
    if (outcome.kind !== 'unavailable') continue;
    const verdict = PASSING.includes(outcome.reason) ? 'offline' : 'attention';
    found.push({ verdict, why: `the ${side} is unavailable (${outcome.reason}): ${outcome.why}` });
  }
  const [worst, ...others] = found;
  if (worst === undefined) return { verdict: 'mirrored', why: '' };
  return { verdict: worst.verdict, why: [worst, ...others].map(({ why }) => why).join('; ') };
}

function judgeRefs(refs: readonly MirrorRef[]): readonly Judged[] {
  const moved = refs.filter(({ kind }) => kind === 'moved-there');
  const refused = refs.filter(({ kind }) => kind === 'refused');
  return [
    ...(moved.length === 0 ? [] : [{ verdict: 'conflict' as const, why: `left alone in git: ${words(moved)}` }]),
    ...(refused.length === 0 ? [] : [{ verdict: 'attention' as const, why: `refused: ${words(refused)}` }]),
  ];
}

const SHOWN = 3;

function words(refs: readonly MirrorRef[]): string {
  const shown = refs
    .slice(0, SHOWN)
    .map(({ ref, why }) => `${ref.replace(/^refs\/(heads|tags)\//, '')} (${why ?? ''})`);
  return [...shown, ...(refs.length > SHOWN ? [`and ${refs.length - SHOWN} more`] : [])].join(', ');
}

const CODES: Readonly<Record<MirrorVerdict, ExitCode>> = {
  mirrored: EXIT.done,
  conflict: EXIT.conflict,
  offline: EXIT.offline,
  attention: EXIT.failed,
  failed: EXIT.failed,
  skipped: EXIT.locked,
};

/** Returns the exit code of a command that ran some mirrors. */
export function mirrorExitCode(reports: readonly Pick<MirrorReport, 'verdict'>[]): ExitCode {
  const codes = new Set(reports.map(({ verdict }) => CODES[verdict]));
  const [only] = codes;
  return codes.size > 1 ? EXIT.someFailed : (only ?? EXIT.done);
}
