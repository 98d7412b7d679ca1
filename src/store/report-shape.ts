import type { RepoReport, Verdict } from '../model/report.js';
import { isRecord, type JsonRecord } from './json.js';

const VERDICTS: Readonly<Record<Verdict, true>> = {
  synced: true,
  conflict: true,
  offline: true,
  blocked: true,
  attention: true,
  paused: true,
  failed: true,
  skipped: true,
};

/**
 * Tells whether a value from a file is a report, as far as anybody who shows one relies on its shape: one that another
 * version of autosync wrote may have other words in it, but no other shape.
 */
export const isRepoReport = (value: unknown): value is RepoReport =>
  isRecord(value) &&
  hasTexts(value, 'path', 'branch', 'why') &&
  (value['vcs'] === 'git' || value['vcs'] === 'hg') &&
  typeof value['verdict'] === 'string' &&
  Object.hasOwn(VERDICTS, value['verdict']) &&
  (value['blocked'] === null || hasTexts(value['blocked'], 'kind', 'hint')) &&
  isOutcome(value['commit'], 'changes', 'type') &&
  isListOf(value['quarantined'], 'reason') &&
  hasTexts(value['fetch'], 'kind') &&
  isOutcome(value['integrate'], 'conflicts', 'kind') &&
  hasTexts(value['push'], 'kind') &&
  typeof value['durationMs'] === 'number';

/** Tells the same of what is kept of a report whose merge was left to a person. */
export const isLeftToPerson = (value: unknown): value is Pick<RepoReport, 'branch' | 'integrate'> =>
  hasTexts(value, 'branch') && isOutcome(value['integrate'], 'conflicts', 'kind');

/** An outcome with a list of paths, each of which has one more text. */
const isOutcome = (value: unknown, list: string, text: string): boolean =>
  hasTexts(value, 'kind') && isListOf(value[list], text);

const isListOf = (value: unknown, text: string): boolean =>
  Array.isArray(value) && value.every((entry) => hasTexts(entry, 'path', text));

const hasTexts = (value: unknown, ...names: readonly string[]): value is JsonRecord =>
  isRecord(value) && names.every((name) => typeof value[name] === 'string');
