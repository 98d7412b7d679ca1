import { counted } from '../system/counted.js';
import type { CheckFacts, RepoFacts, ReportFacts } from './facts.js';
import { type Html, html, NOTHING } from './html.js';
import { anchor, badge, time } from './words.js';

/** Returns what the person has to do: one thing for each repository; nothing where there is nothing. */
export function needs({ repos }: ReportFacts): Html {
  const waiting = repos.flatMap((repo, at) => (repo.todo === null ? [] : [{ repo, at, todo: repo.todo }]));
  if (waiting.length === 0) {
    return html`<section id="needs" class="card calm-card" aria-labelledby="needs-title">
<h2 id="needs-title">Nothing needs you</h2>
<p>${repos.length === 0 ? 'No repository is installed: autosync install <repo>' : 'Every repository goes on by itself.'}</p>
</section>`;
  }
  const items = waiting.map(
    ({ repo, at, todo }) => html`<li>${badge(needed(repo))} <a href="#${anchor('repo', at)}">${repo.path}</a>
<p>${todo}</p></li>
`,
  );
  return html`<section id="needs" class="card" aria-labelledby="needs-title">
<h2 id="needs-title">What needs you</h2>
<ul class="needs">
${items}</ul>
</section>`;
}

/** A repository that is in step all but for two versions of a file. */
const needed = ({ verdict, conflicts }: RepoFacts): RepoFacts['verdict'] =>
  conflicts.length > 0 && (verdict === 'synced' || verdict === 'pending') ? 'conflict' : verdict;

/** Returns how every repository, and autosync itself, stands. */
export function health(facts: ReportFacts): Html {
  const rows = facts.repos.map((repo, at) => row(repo, at, facts.generatedAt));
  return html`<section id="health" aria-labelledby="health-title">
<h2 id="health-title">Health</h2>
<div class="scroll" role="region" aria-label="How every repository stands" tabindex="0">
<table class="health">
<caption>How every repository stands, and when it is looked at next</caption>
<thead><tr><th scope="col">Repository</th><th scope="col">Verdict</th><th scope="col">Last good run</th><th scope="col">Next run</th><th scope="col">Schedule</th><th scope="col" class="number">Failed in a row</th><th scope="col">Waiting</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
</div>
${checks(facts)}
</section>`;
}

const row = (repo: RepoFacts, at: number, now: number): Html => html`<tr>
<th scope="row"><a href="#${anchor('repo', at)}">${repo.path}</a><span class="soft">${repo.vcs}${repo.branch === '' ? '' : `, ${repo.branch}`}</span></th>
<td>${badge(repo.verdict)}</td>
<td>${time(repo.lastGoodRunAt, now)}</td>
<td>${time(repo.nextRunAt === null ? null : Math.max(repo.nextRunAt, now), now, repo.verdict === 'paused' ? 'once resumed' : 'not by itself')}</td>
<td>${repo.schedule}</td>
<td class="number">${repo.failures}</td>
<td>${waiting(repo)}</td>
</tr>
`;

function waiting({ unpushed, uncommitted, quarantined, conflicts }: RepoFacts): string {
  if (uncommitted === null) return 'cannot be looked at';
  const parts = [
    [conflicts.length, conflicts.length === 1 ? 'conflict' : 'conflicts'],
    [Math.max(0, uncommitted - quarantined.length), 'to commit'],
    [unpushed ?? 0, 'to push'],
    [quarantined.length, 'left out'],
  ] as const;
  return parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(', ') || 'nothing';
}

type Look = { readonly of: string; readonly check: CheckFacts };

/** All that is well is one line; the rest is a table. */
function checks({ checks: machine, repos, scheduler }: ReportFacts): Html {
  const looks: readonly Look[] = [
    ...machine.map((check) => ({ of: 'this machine', check })),
    ...repos.flatMap(({ path, checks: found }) => found.map((check) => ({ of: path, check }))),
  ];
  const wrong = looks.filter(({ check }) => check.result !== 'ok');
  const called = scheduler === null ? 'No scheduler calls autosync here.' : `Called by ${scheduler}.`;
  const well = `${called} ${looks.length - wrong.length} of ${counted(looks.length, 'check')} found all well.`;
  return html`<h3>Installation</h3>
<p>${well}</p>
${wrong.length === 0 ? NOTHING : checkTable(wrong)}`;
}

const checkTable = (
  looks: readonly Look[],
): Html => html`<div class="scroll" role="region" aria-label="What the checks found wrong" tabindex="0">
<table class="checks">
<thead><tr><th scope="col">Of</th><th scope="col">Check</th><th scope="col">Result</th><th scope="col">Found</th><th scope="col">What mends it</th></tr></thead>
<tbody>
${looks.map(checkRow)}</tbody>
</table>
</div>`;

const checkRow = ({
  of,
  check,
}: Look): Html => html`<tr><th scope="row">${of}</th><td>${check.name}</td><td><span class="badge ${check.result === 'error' ? 'bad' : 'warn'}">${check.result}</span></td><td>${check.detail}</td><td>${check.mend === null ? NOTHING : html`<code>${check.mend}</code>`}</td></tr>
`;
