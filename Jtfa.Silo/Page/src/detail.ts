import type { Decision, DecisionDetail, TokenShare } from './contract.ts';
import { make, setAttribute } from './elements.ts';
import { clock, digits, milliseconds, nameOf, percent } from './format.ts';
import type { Shown } from './shown.ts';
import { ask } from './token.ts';

const titles = ['camera', 'share', 'captured', 'to gateway', 'waited', 'quality', 'bytes', 'truth'];

/** What a decision was decided from: a row of the table beneath the decision's own. */
export class DetailRow {
  readonly host: HTMLTableRowElement;
  private readonly place: HTMLTableCellElement;
  private shown: Decision | null = null;

  constructor(columns: number) {
    this.place = make('td');
    this.place.colSpan = columns;
    this.host = make('tr', 'detail', this.place);
  }

  show(decision: Decision, shown: Shown): void {
    this.shown = decision;
    const detail = shown.model.detail(decision);
    this.write(decision, shown, detail, detail === undefined ? 'Asking the silo …' : '');
    if (detail === undefined) void this.fetch(decision, shown);
  }

  // The silo remembers longer than a page that has just opened was told.
  private async fetch(decision: Decision, shown: Shown): Promise<void> {
    const path = `v1/scenes/${encodeURIComponent(decision.scene)}/decisions/${decision.id}/detail?clockEpoch=${decision.clockEpoch}`;
    let [detail, note] = [undefined as DecisionDetail | undefined, 'Its tokens are not remembered any more: the silo keeps those of the last decisions only.'];
    try {
      const response = await ask(path, { signal: AbortSignal.timeout(5000) });
      if (response.ok) detail = (await response.json()) as DecisionDetail;
    } catch {
      note = 'The silo did not answer.';
    }
    if (this.shown === decision) this.write(decision, shown, detail, note);
  }

  private write(decision: Decision, shown: Shown, detail: DecisionDetail | undefined, note: string): void {
    const latencies = `p50 ${milliseconds(decision.p50)}, p90 ${milliseconds(decision.p90)}, p99 ${milliseconds(decision.p99)} ms`;
    const line = make('p', '', `Decision ${decision.id} fired at ${clock(decision.timestamp)} by ${decision.cause}. From capture to decision: ${latencies}; ${decision.bytes} bytes.`);
    this.place.replaceChildren(line);
    if (detail === undefined) {
      this.place.append(make('p', 'hint', note));
      return;
    }
    const table = make('table');
    table.append(make('caption', 'unseen', 'The tokens that were fused'));
    const head = table.createTHead().insertRow();
    for (const title of titles) {
      const cell = make('th', '', title);
      cell.scope = 'col';
      head.append(cell);
    }
    const body = table.createTBody();
    for (const token of detail.tokens) body.append(row(token, decision, shown));
    this.place.append(table, make('p', 'hint', `β ${digits(detail.beta)}${detail.trace === null ? '' : ` · trace ${detail.trace}`}`));
  }
}

function row(token: TokenShare, decision: Decision, shown: Shown): HTMLTableRowElement {
  const camera = shown.model.cameras.find(one => one.view === token.view);
  const truth = token.gt < 0 ? '–' : (shown.classNames[token.gt] ?? `class ${token.gt}`);
  const values = [
    camera === undefined ? `view ${token.view}` : nameOf(camera), percent(token.weight), instant(token.capturedAt),
    `${milliseconds(Math.max(0, token.receivedAt - token.capturedAt))} ms`, `${milliseconds(Math.max(0, decision.timestamp - token.receivedAt))} ms`,
    digits(token.quality), String(token.bytes), truth,
  ];
  const line = make('tr');
  values.forEach((value, index) => {
    const cell = line.insertCell();
    cell.textContent = value;
    if (index === 1) cell.style.setProperty('--share', percent(token.weight).replace(' ', ''));
  });
  setAttribute(line, 'data-view', String(token.view));
  return line;
}

function instant(seconds: number): string {
  return `${clock(seconds)}.${String(Math.floor((seconds % 1) * 1000)).padStart(3, '0')}`;
}
