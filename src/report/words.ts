import { isoTime, localTime, relativeTime } from '../system/time-words.js';
import type { RepoFacts } from './facts.js';
import { type Html, html } from './html.js';

/** Returns a time as a person tells it, with the exact one for machines and for whoever points at it. */
export function time(at: number | null, now: number, never = 'never'): Html {
  const exact = at === null ? null : isoTime(at);
  if (at === null || exact === null) return html`<span class="soft">${never}</span>`;
  return html`<time datetime="${exact}" title="${localTime(at)}">${relativeTime(at, now)}</time>`;
}

/** Returns the exact time, as this machine's clock shows it. */
export const clockTime = (at: number): Html => html`<time datetime="${isoTime(at) ?? ''}">${localTime(at)}</time>`;

const SIGNS: Readonly<Record<RepoFacts['verdict'], readonly [string, string]>> = {
  synced: ['good', '✓'],
  paused: ['calm', 'Ⅱ'],
  skipped: ['calm', '–'],
  pending: ['calm', '…'],
  'never-ran': ['calm', '–'],
  offline: ['warn', '◌'],
  blocked: ['warn', '!'],
  conflict: ['bad', '≠'],
  attention: ['bad', '!'],
  failed: ['bad', '✕'],
};

/** Returns a verdict as a badge: its colour says nothing that its word does not. */
export function badge(verdict: RepoFacts['verdict']): Html {
  const [kind, sign] = SIGNS[verdict];
  return html`<span class="badge ${kind}"><span aria-hidden="true">${sign}</span> ${verdict.replace('-', ' ')}</span>`;
}

/** Returns a name for one part of the page, which a link can lead to. */
export const anchor = (part: string, at: number): string => `${part}-${at + 1}`;
