import type { Decision } from './contract.ts';
import { make, Text } from './elements.ts';
import { digits, duration, milliseconds, percent } from './format.ts';
import type { PolicyChange, SceneModel } from './model.ts';
import { differences } from './model.ts';

const titles = ['decisions/s', 'by T', 'latency p50', 'latency p99', 'views fused', 'accuracy'];

// How many seconds before a change are compared with the time since.
const beforeSeconds = 30;

/** What the last change of policy did: the decisions before it beside those since. */
export class PolicyEffect {
  private readonly table = make('table', 'effect');
  private readonly caption = new Text();
  private readonly cells = titles.map(() => [new Text(), new Text()] as const);
  private readonly hint = make('p', 'hint', 'Move a slider: here the decisions before it are set beside those since.');
  private drawn = '';

  constructor(host: HTMLElement) {
    const head = make('tr', '', make('td'), title('before', 'col'), title('since', 'col'));
    const rows = titles.map((name, index) => make('tr', '', title(name, 'row'), ...this.cells[index]!.map(text => make('td', '', text.node))));
    this.table.append(make('caption', '', this.caption.node), make('thead', '', head), make('tbody', '', ...rows));
    this.table.hidden = true;
    host.append(this.hint, this.table);
  }

  draw(model: SceneModel): void {
    const change = model.changes.findLast(one => one.from <= model.time);
    const due = `${model.name} ${change?.version} ${model.lastSecond}`;
    if (due === this.drawn) return;
    this.drawn = due;
    this.table.hidden = change === undefined;
    this.hint.hidden = change !== undefined;
    if (change === undefined) return;
    this.caption.set(`What ${differences(change.before, change.after)} did, ${duration(model.time - change.from)} ago`);
    const columns = [before(model, change), since(model, change)];
    columns.forEach((values, column) => values.forEach((value, row) => this.cells[row]?.[column]?.set(value)));
  }
}

function before(model: SceneModel, change: PolicyChange): string[] {
  // Not beyond the change before this one: that was yet another policy.
  const earlier = model.changes[model.changes.indexOf(change) - 1]?.from ?? 0;
  const from = Math.max(change.from - beforeSeconds, earlier);
  return summary(model.decisions.filter(one => one.timestamp >= from && one.timestamp < change.from), change.from);
}

function since(model: SceneModel, change: PolicyChange): string[] {
  return summary(model.decisions.filter(one => one.timestamp >= change.from), model.time);
}

/** Summarises the time that the decisions cover: the page does not know all decisions of a fast scene. */
function summary(decisions: readonly Decision[], until: number): string[] {
  const first = decisions[0];
  if (first === undefined) return titles.map(() => '–');
  const latencies = decisions.map(one => one.latMean).sort((one, other) => one - other);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))];
  const labelled = decisions.filter(one => one.gt >= 0);
  const count = decisions.length;
  return [
    digits(count / Math.max(0.1, until - first.timestamp)),
    percent(decisions.filter(one => one.cause === 'T').length / count),
    `${milliseconds(at(0.5))} ms`,
    `${milliseconds(at(0.99))} ms`,
    digits(decisions.reduce((sum, one) => sum + one.m, 0) / count),
    labelled.length > 0 ? percent(labelled.filter(one => one.correct).length / labelled.length) : '–',
  ];
}

function title(text: string, scope: 'row' | 'col'): HTMLTableCellElement {
  const cell = make('th', '', text);
  cell.scope = scope;
  return cell;
}
