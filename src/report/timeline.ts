import { counted } from '../system/counted.js';
import { localTime } from '../system/time-words.js';
import { type Span, spanOf, spans } from './days.js';
import type { CommitFacts, RepoFacts, ReportFacts } from './facts.js';
import { type Html, html, NOTHING } from './html.js';
import { anchor, badge, clockTime } from './words.js';

/** A repository's list shows no more than this of what happened; its table counts all of it. */
const MOST_EVENTS = 200;
/** All lists together: a page that a browser cannot show tells nobody anything. */
const MOST_EVENTS_IN_ALL = 4_000;
const LEVELS = 4;

/** Returns what happened: for each repository who committed how much on which day, and a list of it. */
export function timeline(facts: ReportFacts): Html {
  const columns = spans(facts.since, facts.generatedAt);
  const most = Math.min(MOST_EVENTS, Math.ceil(MOST_EVENTS_IN_ALL / Math.max(1, facts.repos.length)));
  return html`<section id="timeline" aria-labelledby="timeline-title">
<h2 id="timeline-title">What happened</h2>
<p class="soft">How many changes each machine made, by day. A day on which something was wrong is marked in the last row.</p>
${facts.repos.map((repo, at) => repository(repo, at, { columns, most }))}
</section>`;
}

type Shown = { readonly columns: readonly Span[]; readonly most: number };

function repository(repo: RepoFacts, at: number, shown: Shown): Html {
  const id = anchor('repo', at);
  const total = repo.commits.length + repo.incidents.length;
  return html`<article class="card" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title">${repo.path}</h3>
<p>${badge(repo.verdict)} <span class="soft">${total === 0 ? 'Nothing happened in this time.' : whoDidHowMuch(repo)}</span></p>
${repo.todo === null && repo.why !== '' ? html`<p>${repo.why}</p>` : NOTHING}
${total === 0 ? NOTHING : html`${dayTable(repo, shown.columns)}${events(repo, shown.most)}`}
${leftOut(repo)}</article>
`;
}

function whoDidHowMuch(repo: RepoFacts): string {
  const each = byMachine(repo).map(([name, commits]) => `${commits.length} ${name === BY_HAND ? name : `by ${name}`}`);
  const parts = each.length > MOST_NAMED ? [...each.slice(0, MOST_NAMED), '…'] : each;
  return `${counted(repo.commits.length, 'commit')}${repo.isCut ? ' and more' : ''}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

const MOST_NAMED = 8;

/** A commit that names no machine was made by hand, somewhere. */
const BY_HAND = 'by hand';

function byMachine({ commits }: RepoFacts): readonly (readonly [string, readonly CommitFacts[]])[] {
  const found = new Map<string, CommitFacts[]>();
  for (const commit of commits) {
    const name = commit.machine ?? BY_HAND;
    const of = found.get(name) ?? [];
    of.push(commit);
    found.set(name, of);
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1));
}

function dayTable(repo: RepoFacts, columns: readonly Span[]): Html {
  const rows = byMachine(repo).map(([name, commits]) => ({ name, counts: countsOf(commits, columns) }));
  const most = Math.max(1, ...rows.flatMap(({ counts }) => counts));
  const incidents = countsOf(repo.incidents, columns);
  const label = `Changes by machine and day in ${repo.path}`;
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">
<table class="days">
<caption class="unseen">${label}</caption>
<thead>
<tr><td></td>${months(columns)}<td></td></tr>
<tr><th scope="col">Machine</th>${columns.map(dayHead)}<th scope="col" class="number">All</th></tr>
</thead>
<tbody>
${rows.map(
  ({
    name,
    counts,
  }) => html`<tr><th scope="row">${name}</th>${counts.map((count) => cell(count, most))}<td class="number">${sum(counts)}</td></tr>
`,
)}${
  sum(incidents) === 0
    ? NOTHING
    : html`<tr class="wrong"><th scope="row">trouble</th>${incidents.map(troubleCell)}<td class="number">${sum(incidents)}</td></tr>
`
}</tbody>
</table>
</div>`;
}

function countsOf(things: readonly { readonly at: number }[], columns: readonly Span[]): readonly number[] {
  const counts = columns.map(() => 0);
  for (const { at } of things) {
    const column = spanOf(columns, at);
    counts[column] = (counts[column] ?? 0) + 1;
  }
  return counts;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const cell = (count: number, most: number): Html =>
  count === 0
    ? html`<td></td>`
    : html`<td class="level-${Math.max(1, Math.ceil((count / most) * LEVELS))}">${count}</td>`;

const troubleCell = (count: number): Html =>
  count === 0 ? html`<td></td>` : html`<td class="level-wrong">${count}</td>`;

function months(columns: readonly Span[]): readonly Html[] {
  const names = columns.map(({ start }) => localTime(start).slice(0, 7));
  const starts = names.flatMap((name, at) => (name === names[at - 1] ? [] : [at]));
  return starts.map((at, index) => {
    const width = (starts[index + 1] ?? names.length) - at;
    // A single narrow column has no room for a month's name.
    return html`<th scope="colgroup" colspan="${width}">${width === 1 ? '' : monthName(names[at] ?? '')}</th>`;
  });
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const monthName = (text: string): string => `${MONTHS[Number(text.slice(5)) - 1] ?? ''} ${text.slice(0, 4)}`;

function dayHead({ start }: Span): Html {
  const day = localTime(start).slice(0, 10);
  return html`<th scope="col"><time datetime="${day}" title="${day}">${Number(day.slice(8))}</time></th>`;
}

type Happening = { readonly at: number; readonly who: string; readonly what: string; readonly isTrouble: boolean };

function events(repo: RepoFacts, most: number): Html {
  const commits = repo.commits.map(({ at, machine, author, subject }) => ({
    at,
    who: machine ?? author,
    what: subject,
    isTrouble: false,
  }));
  const incidents = repo.incidents.map(({ at, what, detail }) => ({ at, who: what, what: detail, isTrouble: true }));
  const all = [...commits, ...incidents].sort((one, other) => other.at - one.at);
  const more = all.length - most;
  return html`<details><summary>${counted(all.length, 'event')}, newest first</summary>
<table class="events">
<thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th></tr></thead>
<tbody>
${all.slice(0, most).map(eventRow)}</tbody>
</table>
${more > 0 || repo.isCut ? html`<p class="soft">${more > 0 ? `and ${more} older ones` : 'and older ones'}, which this page leaves out; the history has them all</p>` : NOTHING}
</details>
`;
}

const eventRow = ({
  at,
  who,
  what,
  isTrouble,
}: Happening): Html => html`<tr${isTrouble ? html` class="wrong"` : NOTHING}><td>${clockTime(at)}</td><td>${who}</td><td>${what}</td></tr>
`;

const MOST_LEFT_OUT = 20;

function leftOut({ quarantined }: RepoFacts): Html {
  if (quarantined.length === 0) return NOTHING;
  const more = quarantined.length - MOST_LEFT_OUT;
  return html`<details><summary>${counted(quarantined.length, 'path')} left out of the snapshots</summary>
<ul>${quarantined.slice(0, MOST_LEFT_OUT).map((text) => html`<li>${text}</li>`)}${more > 0 ? html`<li class="soft">and ${more} more</li>` : NOTHING}</ul>
</details>
`;
}
