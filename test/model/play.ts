import type { RepoReport } from '../../src/model/report.js';
import type { Engine } from './engine.js';
import type { ModelWorld, Replica } from './model-world.js';
import type { Tokens } from './tokens.js';

/** How often each thing happened; a fault that was asked for but came too late does not count. */
export type Counts = Map<string, number>;

/** One history that is being played. */
export type Play = {
  readonly engine: Engine;
  readonly world: ModelWorld;
  readonly tokens: Tokens;
  readonly counts: Counts;
  /** The commits that people made by hand. */
  readonly commits: string[];
  /** `.gitattributes` says what line ends a file has on the disk; it comes to rule a file that stands there already. */
  readonly lineEndsRuled: boolean;
  /** What happened so far, in words, for whoever has to understand a failure. */
  readonly log: string[];
};

/** Counts something that really happened. */
export function count({ counts }: Pick<Play, 'counts'>, what: string, times = 1): void {
  counts.set(what, (counts.get(what) ?? 0) + times);
}

/** Notes how a run ended. */
export function note(play: Play, replica: Replica, report: RepoReport | undefined): void {
  if (report === undefined) return void play.log.push(`${replica.name}: died`);
  count(play, `verdict ${report.verdict}`);
  count(play, 'conflicts settled', report.integrate.conflicts.length);
  const { commit, integrate, push, why } = report;
  play.log.push(`${replica.name}: ${report.verdict} (${commit.kind}, ${integrate.kind}, ${push.kind}) ${why}`);
}

/** A promise that was broken: its name in PROMISES, and what was found. */
export function broken(promise: string, what: string): never {
  throw new Error(`${promise} is broken: ${what}`);
}
