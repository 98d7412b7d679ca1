import { counted } from '../system/counted.js';
import type { ConflictFacts, ReportFacts } from './facts.js';
import { fileLine, type Html, html, NOTHING } from './html.js';
import { type DiffRow, type NumberedLine, sideBySide } from './line-diff.js';
import { anchor } from './words.js';

/** More than these are named, and not compared. */
const MOST_COMPARED = 40;

/** Returns every conflict that is still there, the two versions side by side. */
export function conflicts({ repos }: ReportFacts): Html {
  const all = repos.flatMap((repo) => repo.conflicts.map((conflict) => ({ repo: repo.path, conflict })));
  const more = all.length - MOST_COMPARED;
  return html`<section id="conflicts" aria-labelledby="conflicts-title">
<h2 id="conflicts-title">Conflicts</h2>
${all.length === 0 ? html`<p>No file stands there in two versions.</p>` : NOTHING}
${all.slice(0, MOST_COMPARED).map(({ repo, conflict }, at) => article(repo, conflict, anchor('conflict', at)))}
${more > 0 ? html`<p>${counted(more, 'conflict')} more, which this page leaves out.</p>` : NOTHING}
</section>`;
}

function article(repo: string, { path, copy, machine, day, contents }: ConflictFacts, id: string): Html {
  return html`<article class="card" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title">${path}</h3>
<p class="soft">in ${repo}; the other version, of ${machine} on ${day}, is ${copy}</p>
${contents.kind === 'text' ? comparison(path, machine, contents) : html`<p>Not compared: ${contents.why}.</p>`}
</article>
`;
}

function comparison(
  path: string,
  machine: string,
  { kept, copy }: { readonly kept: string; readonly copy: string },
): Html {
  if (kept === copy) return html`<p>Both versions are the same now: the copy can be deleted.</p>`;
  const compared = sideBySide(kept, copy);
  if (compared.kind === 'too-different') return html`<p>Not compared: the two have too little in common.</p>`;
  const { rows, more } = compared;
  if (rows.every(({ kind }) => kind === 'gap')) return html`<p>They differ only in how the last line ends.</p>`;
  return html`<div class="scroll" role="region" aria-label="Both versions of ${path}" tabindex="0">
<table class="diff">
<colgroup><col class="line"><col class="sign"><col><col class="line"><col class="sign"><col></colgroup>
<thead><tr><th scope="colgroup" colspan="3">kept under its name</th><th scope="colgroup" colspan="3">the copy, of ${machine}</th></tr></thead>
<tbody>
${rows.map(row)}</tbody>
</table>
</div>
${more > 0 ? html`<p class="soft">${counted(more, 'line')} more, which this page leaves out</p>` : NOTHING}`;
}

const EMPTY = html`<td class="line"></td><td class="sign"></td><td class="none"></td>`;

function row(row: DiffRow): Html {
  switch (row.kind) {
    case 'gap':
      return html`<tr class="gap"><td colspan="6">${counted(row.lines, 'line')} alike</td></tr>
`;
    case 'same':
      return html`<tr>${side(row.left, '')}${side(row.right, '')}</tr>
`;
    case 'changed':
      return html`<tr>${side(row.left, '−')}${side(row.right, '+')}</tr>
`;
    case 'left':
      return html`<tr>${side(row.left, '−')}${EMPTY}</tr>
`;
    case 'right':
      return html`<tr>${EMPTY}${side(row.right, '+')}</tr>
`;
  }
}

function side({ number, pieces }: NumberedLine, sign: '' | '+' | '−'): Html {
  const kind = sign === '' ? 'text' : sign === '+' ? 'text added' : 'text removed';
  const shown = pieces.map(({ text, differs }) => (differs ? html`<mark>${fileLine(text)}</mark>` : fileLine(text)));
  return html`<td class="line">${number}</td><td class="sign">${sign}</td><td class="${kind}">${shown}</td>`;
}
