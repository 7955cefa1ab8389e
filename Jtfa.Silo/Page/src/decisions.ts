import type { Decision, DecisionPage } from './contract.ts';
import { DetailRow } from './detail.ts';
import { make, part, setClass, setAttribute, Text } from './elements.ts';
import { clock, milliseconds, percent } from './format.ts';
import { faultsOf } from './live.ts';
import type { Part, Shown } from './shown.ts';
import { ask } from './token.ts';

type Which = 'all' | 'T' | 'wrong';

const rowCount = 16;
const titles = ['fired', 'decision', 'cause', 'fused', 'prediction', 'truth', 'confidence', 'latency', 'running accuracy'];
const wide = new Set(['decision', 'running accuracy', 'fired', 'latency']);

/** The stream of decisions. While it is held it stands still, can page back through the log, and its rows open. */
export class DecisionStream implements Part {
  private readonly rows: Row[];
  private readonly hold = part<HTMLButtonElement>('decisions-hold');
  private readonly older = part<HTMLButtonElement>('decisions-older');
  private readonly note = new Text();
  private which: Which = 'all';
  private held: Decision[] | null = null;
  private next: string | null = null;
  private shown: Shown | null = null;
  private readonly detail = new DetailRow(titles.length);
  private opened: Decision | null = null;

  constructor() {
    const table = part<HTMLTableElement>('decisions');
    const head = table.createTHead().insertRow();
    for (const title of titles) head.append(heading(title));
    const body = table.createTBody();
    this.rows = Array.from({ length: rowCount }, () => new Row(body.insertRow(), decision => this.open(decision)));
    part('decisions-note').append(this.note.node);
    this.hold.addEventListener('click', () => this.toggle());
    this.older.addEventListener('click', () => void this.readLog());
    for (const input of part('decisions-which').querySelectorAll('input')) {
      input.addEventListener('change', () => {
        this.which = input.value as Which;
        this.release();
      });
    }
  }

  draw(shown: Shown): void {
    if (this.shown !== null && this.shown.model.name !== shown.model.name) this.release();
    this.shown = shown;
    if (this.held === null) {
      const untold = shown.model.untold;
      this.note.set(untold > 0 ? `${untold} more were decided than are listed; the log has them.` : '');
    }
    this.write(this.held ?? this.newest());
  }

  private newest(): Decision[] {
    const all = this.shown?.model.decisions ?? [];
    const found: Decision[] = [];
    for (let at = all.length - 1; at >= 0 && found.length < rowCount; at--) {
      const one = all[at]!;
      if (this.which === 'all' || (this.which === 'T' ? one.cause === 'T' : one.gt >= 0 && !one.correct)) found.push(one);
    }
    return found;
  }

  private write(decisions: readonly Decision[]): void {
    const shown = this.shown;
    if (shown === null) return;
    const n = shown.model.routing?.current.n ?? 0;
    this.rows.forEach((row, index) => row.draw(decisions[index], shown.classNames, n));
    this.place();
  }

  /** Opens a decision, or closes it. What is read must not run away: the stream is held first. */
  private open(decision: Decision): void {
    if (this.shown === null) return;
    this.opened = this.opened === decision ? null : decision;
    if (this.held === null) this.toggle();
    if (this.opened !== null) this.detail.show(this.opened, this.shown);
    this.place();
  }

  private place(): void {
    let host: Row | undefined;
    for (const row of this.rows) {
      const isOpen = this.opened !== null && row.decision === this.opened;
      row.mark(isOpen);
      if (isOpen) host = row;
    }
    if (host === undefined) this.detail.host.remove();
    else if (host.row.nextElementSibling !== this.detail.host) host.row.after(this.detail.host);
  }

  private toggle(): void {
    if (this.held !== null) {
      this.release();
      return;
    }
    this.held = this.newest();
    this.next = null;
    this.hold.setAttribute('aria-pressed', 'true');
    this.hold.textContent = 'Go on';
    this.older.hidden = false;
    this.note.set('Held.');
  }

  private release(): void {
    this.held = null;
    this.opened = null;
    this.hold.setAttribute('aria-pressed', 'false');
    this.hold.textContent = 'Hold';
    this.older.hidden = true;
    this.write(this.newest());
  }

  /** A page of the log: what comes before the oldest that is shown. */
  private async readLog(): Promise<void> {
    const [shown, held] = [this.shown, this.held];
    if (shown === null || held === null) return;
    const query = new URLSearchParams({ order: 'newest', limit: String(rowCount) });
    if (this.which === 'T') query.set('cause', 'T');
    if (this.which === 'wrong') query.set('correct', 'false');
    const oldest = held.at(-1);
    if (this.next !== null) query.set('cursor', this.next);
    // `to` is exclusive: it is rounded up from the time of the oldest, so that none is left out.
    else if (oldest !== undefined) query.set('to', new Date(Math.ceil(oldest.timestamp * 1000)).toISOString());
    try {
      const response = await ask(`v1/scenes/${encodeURIComponent(shown.model.name)}/decisions?${query.toString()}`);
      if (!response.ok) throw new Error((await faultsOf(response)).join('; '));
      const page = (await response.json()) as DecisionPage;
      if (this.held !== held) return;
      const isHeld = (one: Decision) => held.some(other => other.id === one.id && other.clockEpoch === one.clockEpoch);
      const found = page.decisions.filter(decision => !isHeld(decision));
      this.next = page.next;
      if (found.length > 0) this.held = found;
      this.note.set(found.length > 0 ? `From the log, ${new Date((found[0]?.timestamp ?? 0) * 1000).toLocaleString()}.` : 'The log has none before these.');
      this.write(this.held);
    } catch (fault) {
      this.note.set(`The log could not be read: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
  }
}

class Row {
  private readonly texts = titles.map(() => new Text());
  private readonly cause = make('b', 'cause');
  private readonly fused = make('i', 'meter');
  private readonly confidence = make('i', 'meter');
  private readonly prediction: HTMLTableCellElement;
  private readonly opener = make('button', 'opener');
  private drawn: Decision | undefined;

  constructor(readonly row: HTMLTableRowElement, open: (decision: Decision) => void) {
    this.opener.type = 'button';
    row.addEventListener('click', () => {
      if (this.drawn !== undefined) open(this.drawn);
    });
    const cells = titles.map((title, index) => {
      const cell = row.insertCell();
      cell.className = wide.has(title) ? 'wide' : '';
      const text = this.texts[index]!.node;
      if (title === 'cause') {
        this.cause.append(text);
        cell.append(this.cause);
      } else if (title === 'prediction') {
        this.opener.append(text);
        cell.append(this.opener);
      } else if (title === 'fused' || title === 'confidence') cell.append(title === 'fused' ? this.fused : this.confidence, text);
      else cell.append(text);
      return cell;
    });
    this.prediction = cells[titles.indexOf('prediction')]!;
    row.hidden = true;
  }

  get decision(): Decision | undefined {
    return this.drawn;
  }

  mark(isOpen: boolean): void {
    setAttribute(this.opener, 'aria-expanded', String(isOpen));
  }

  draw(decision: Decision | undefined, classNames: readonly string[], n: number): void {
    if (decision === this.drawn) return;
    this.drawn = decision;
    this.row.hidden = decision === undefined;
    if (decision === undefined) return;
    const name = (label: number) => (label < 0 ? '–' : (classNames[label] ?? `class ${label}`));
    const values = [
      clock(decision.timestamp), String(decision.id), decision.cause, `${decision.m} of ${Math.max(n, decision.m)}`, decision.label ?? name(decision.pred), name(decision.gt),
      percent(decision.confidence), `${milliseconds(decision.latMean)} ms`, percent(decision.accRunning, 1),
    ];
    values.forEach((value, index) => this.texts[index]?.set(value));
    setClass(this.cause, decision.cause === 'K' ? 'cause k' : 'cause t');
    setClass(this.prediction, decision.gt < 0 ? '' : decision.correct ? 'right' : 'wrong');
    setAttribute(this.row, 'data-decision', String(decision.id));
    this.fused.style.setProperty('--share', percent(decision.fillRatio).replace(' ', ''));
    this.confidence.style.setProperty('--share', percent(decision.confidence).replace(' ', ''));
  }
}

function heading(title: string): HTMLTableCellElement {
  const cell = make('th', `c-${title.split(' ')[0]}${wide.has(title) ? ' wide' : ''}`, title);
  cell.scope = 'col';
  return cell;
}
