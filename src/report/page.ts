import { counted } from '../system/counted.js';
import { hashBytes } from '../system/hash.js';
import { fillTemplate } from '../system/template.js';
import { conflicts } from './conflicts.js';
import type { ReportFacts } from './facts.js';
import { health, needs } from './health.js';
import { type Html, html } from './html.js';
import { timeline } from './timeline.js';
import { clockTime } from './words.js';

/** The texts that a page is made of: its frame and its style. */
export type PageTemplates = { readonly frame: string; readonly style: string };

/** What the frame says of itself: by this a page is known again, and may be replaced. */
const GENERATOR = '<meta name="generator" content="autosync report';

/** How far into a file {@link isReport} looks. */
export const HEAD_BYTES = 4096;

/** Tells whether a file begins like a page of ours. */
export const isReport = (head: string): boolean => head.startsWith('<!doctype html>') && head.includes(GENERATOR);

/** Returns the whole page; it needs nothing besides itself, and may load nothing. */
export function renderPage(facts: ReportFacts, { frame, style }: PageTemplates): string {
  const parts: Readonly<Record<string, Html>> = {
    version: html`${facts.version}`,
    title: html`autosync on ${facts.machine}`,
    style: { html: `<style>${style}</style>` },
    styleHash: html`${Buffer.from(hashBytes(style, 'sha256'), 'hex').toString('base64')}`,
    span: html`${clockTime(facts.since)} to ${clockTime(facts.generatedAt)}`,
    figures: figures(facts),
    needs: needs(facts),
    health: health(facts),
    timeline: timeline(facts),
    conflicts: conflicts(facts),
  };
  const values = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.html]));
  return fillTemplate(frame, values, (value) => value);
}

function figures({ repos }: ReportFacts): Html {
  const waiting = repos.filter(({ todo }) => todo !== null).length;
  const inStep = repos.filter(({ verdict }) => verdict === 'synced').length;
  const commits = repos.reduce((sum, repo) => sum + repo.commits.length, 0);
  const open = repos.reduce((sum, repo) => sum + repo.conflicts.length, 0);
  const machines = new Set(repos.flatMap((repo) => repo.commits.flatMap(({ machine }) => machine ?? []))).size;
  const shown: readonly (readonly [string, string, string])[] = [
    [`${inStep} of ${repos.length}`, repos.length === 1 ? 'repository in step' : 'repositories in step', 'health'],
    [String(waiting), waiting === 1 ? 'needs you' : 'need you', 'needs'],
    [
      String(commits),
      `${commits === 1 ? 'commit' : 'commits'}${machines === 0 ? '' : `, ${counted(machines, 'machine')}`}`,
      'timeline',
    ],
    [String(open), open === 1 ? 'open conflict' : 'open conflicts', 'conflicts'],
  ];
  return html`${shown.map(
    ([figure, what, part]) => html`<li><a href="#${part}"><strong>${figure}</strong> ${what}</a></li>
`,
  )}`;
}
