import type { CameraHealth, WindowArrivals } from './contract.ts';
import { make, part, setClass, Text } from './elements.ts';
import { digits, milliseconds, nameOf, percent } from './format.ts';
import type { Arrival, SceneModel } from './model.ts';
import { arrivalOf } from './model.ts';
import type { Part, Shown } from './shown.ts';
import { colour } from './theme.ts';

const rowHeight = 26;
const footHeight = 20;
const columnWidth = 12;
const glyphs = { OnTime: '●', Late: '◐', Missing: '×' } as const;
const words = { OnTime: 'on time', Late: 'late', Missing: 'missing' } as const;

/** Who was in time for the last windows: a row a camera, a column a window. */
export class ArrivalStrip implements Part {
  private readonly names = make('div', 'names');
  private readonly canvas = make('canvas');
  private readonly figures = make('div', 'side');
  private readonly readout = new Text();
  private readonly readoutHost = make('p', 'readout');
  private rows: Row[] = [];
  private columns: WindowArrivals[] = [];
  private model: SceneModel | null = null;
  // The window itself: who reads it goes on reading when the strip has moved past it.
  private chosen: { window: WindowArrivals; settled: boolean } | null = null;
  private width = 0;

  constructor() {
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', 'Arrivals of the last windows. Left and right arrow go from window to window.');
    this.readoutHost.append(this.readout.node);
    const place = make('div', '', this.canvas);
    part('strip').append(this.names, place, this.figures, this.readoutHost);
    // Asking for the width at each drawing would have the browser lay the page out each time.
    new ResizeObserver(entries => (this.width = entries.at(-1)?.contentRect.width ?? 0)).observe(place);
    this.canvas.addEventListener('pointermove', event => this.point(event.offsetX));
    this.canvas.addEventListener('pointerleave', () => this.choose(null));
    this.canvas.addEventListener('blur', () => this.choose(null));
    this.canvas.addEventListener('keydown', event => this.key(event));
  }

  draw({ model }: Shown): void {
    if (this.model?.name !== model.name) this.chosen = null;
    this.model = model;
    this.fitRows(model.cameras);
    const { width } = this;
    this.columns = model.windows.slice(-Math.max(1, Math.floor(width / columnWidth)));
    const settled = this.columns.map(window => model.isSettled(window));
    const known = this.columns.filter((_, column) => settled[column]);
    model.cameras.forEach((camera, index) => this.rows[index]?.draw(camera, shareIn(known, camera.view), model.time));
    this.choose(this.chosen === null ? null : model.window(this.chosen.window) ?? this.chosen.window);
    this.paint(model, settled, width);
  }

  private fitRows(cameras: readonly CameraHealth[]): void {
    while (this.rows.length > cameras.length) this.rows.pop()?.remove();
    while (this.rows.length < cameras.length) this.rows.push(new Row(this.names, this.figures));
  }

  private paint(model: SceneModel, settled: readonly boolean[], width: number): void {
    const ratio = devicePixelRatio;
    const height = model.cameras.length * rowHeight + footHeight;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      [this.canvas.width, this.canvas.height] = [w, h];
      this.canvas.style.height = `${height}px`;
    }
    const context = this.canvas.getContext('2d');
    if (context === null) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const left = width - this.columns.length * columnWidth;
    this.columns.forEach((window, column) => {
      const x = left + column * columnWidth;
      if (this.isChosen(window)) {
        context.fillStyle = colour('line');
        context.fillRect(x - 1, 0, columnWidth, height);
      }
      model.cameras.forEach((camera, row) => mark(context, arrivalOf(window, camera.view, settled[column] ?? false), x, row * rowHeight + 5));
      cause(context, window, x, height - footHeight + 3);
    });
  }

  private point(x: number): void {
    const left = this.width - this.columns.length * columnWidth;
    this.choose(this.columns[Math.floor((x - left) / columnWidth)] ?? null);
  }

  private key(event: KeyboardEvent): void {
    const at = this.columns.findIndex(window => this.isChosen(window));
    const last = this.columns.length - 1;
    const to = { ArrowLeft: at < 0 ? last : Math.max(0, at - 1), ArrowRight: at < 0 ? last : Math.min(last, at + 1), Home: 0, End: last }[event.key];
    if (event.key === 'Escape') this.choose(null);
    if (to === undefined) return;
    event.preventDefault();
    // Only what was asked for is read aloud.
    this.readoutHost.setAttribute('aria-live', 'polite');
    this.choose(this.columns[to] ?? null);
  }

  private choose(window: WindowArrivals | null): void {
    const settled = window !== null && (this.model?.isSettled(window) === true || (this.isChosen(window) && this.chosen?.settled === true));
    this.chosen = window === null ? null : { window, settled };
    if (window === null) this.readoutHost.removeAttribute('aria-live');
    this.read();
  }

  private isChosen(window: WindowArrivals): boolean {
    const chosen = this.chosen?.window;
    return window.decision === chosen?.decision && window.clockEpoch === chosen.clockEpoch;
  }

  private read(): void {
    if (this.model === null || this.chosen === null) {
      this.readout.set('Point at a window, or go there with ← and →, to read it.');
      return;
    }
    const { cameras } = this.model;
    const { window, settled } = this.chosen;
    const of = (arrival: Arrival) => cameras.filter(camera => arrivalOf(window, camera.view, settled) === arrival).map(nameOf).join(', ');
    const decision = this.model.decision(window);
    const because = window.cause === 'K' ? `by K, with ${window.onTime.length} in` : 'by T';
    const parts = [`Window ${window.decision} fired ${because}${decision === undefined ? '' : `, ${milliseconds(decision.latMean)} ms after capture`}`];
    for (const [arrival, label] of [['in', 'in time'], ['late', 'late'], ['missing', 'missing'], ['open', 'not known yet']] as const) {
      if (of(arrival) !== '') parts.push(`${label}: ${of(arrival)}`);
    }
    this.readout.set(parts.join(' · '));
  }
}

/** What stands beside a camera's row of the strip. */
class Row {
  private readonly glyph = make('span', 'timing');
  private readonly glyphText = new Text();
  private readonly timing = new Text();
  private readonly name = new Text();
  private readonly label = make('div', 'camera');
  private readonly line = make('div', 'figures');
  private readonly share = new Text();
  private readonly rate = new Text();
  private readonly lost = new Text();
  private readonly lostHost = make('span', '', this.lost.node);
  private readonly clock = new Text();

  constructor(names: HTMLElement, figures: HTMLElement) {
    this.glyph.append(this.glyphText.node);
    this.glyph.setAttribute('aria-hidden', 'true');
    this.label.append(this.glyph, make('span', '', this.name.node), make('span', 'unseen', this.timing.node));
    this.line.append(
      make('span', '', make('b', '', this.share.node), ' in time'), make('span', '', this.rate.node), this.lostHost, make('span', '', this.clock.node));
    names.append(this.label);
    figures.append(this.line);
  }

  draw(camera: CameraHealth, share: number | null, time: number): void {
    setClass(this.glyph, `timing ${camera.timing}`);
    this.glyphText.set(glyphs[camera.timing]);
    this.timing.set(`, ${words[camera.timing]}`);
    this.name.set(nameOf(camera));
    this.label.dataset['timing'] = camera.timing;
    const jitter = `jitter ${milliseconds(camera.jitter)} ms, ${camera.late} late and ${camera.onTime} fused in all${camera.copies > 0 ? `, ${camera.copies} copies` : ''}`;
    const title = `View ${camera.view}, ${words[camera.timing]}, ${digits(camera.kbps)} kbit/s, ${jitter}${camera.fault === null ? '' : `. ${camera.fault}`}`;
    if (this.label.title !== title) this.label.title = title;
    this.share.set(percent(share));
    this.rate.set(camera.timing === 'Missing' ? `${digits(Math.max(0, time - camera.lastTokenAt))} s ago` : `${digits(camera.rateHz)} Hz`);
    this.lost.set(`${percent(camera.lossRatio, 1)} lost${camera.saved > 0 ? `, ${camera.saved} saved` : ''}`);
    setClass(this.lostHost, camera.lossRatio > 0.01 ? 'bad' : '');
    this.clock.set(`clock ${camera.clockOffset < 0 ? '−' : '+'}${digits(Math.abs(camera.clockOffset * 1000))} ms`);
  }

  remove(): void {
    this.label.remove();
    this.line.remove();
  }
}

function shareIn(windows: readonly WindowArrivals[], view: number): number | null {
  return windows.length === 0 ? null : windows.filter(window => window.onTime.includes(view)).length / windows.length;
}

/** Full, half, crossed, a point: shapes that need no colour. */
function mark(context: CanvasRenderingContext2D, arrival: Arrival, x: number, y: number): void {
  if (arrival === 'in') {
    context.fillStyle = colour('in');
    context.fillRect(x, y, 10, 16);
  } else if (arrival === 'late') {
    context.fillStyle = context.strokeStyle = colour('late');
    context.fillRect(x, y + 8, 10, 8);
    context.lineWidth = 1.5;
    context.strokeRect(x + 0.75, y + 0.75, 8.5, 14.5);
  } else if (arrival === 'missing') {
    context.strokeStyle = colour('missing');
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x + 1.5, y + 4.5);
    context.lineTo(x + 8.5, y + 11.5);
    context.moveTo(x + 8.5, y + 4.5);
    context.lineTo(x + 1.5, y + 11.5);
    context.stroke();
  } else {
    context.fillStyle = colour('faint');
    context.fillRect(x + 4, y + 7, 2.5, 2.5);
  }
}

function cause(context: CanvasRenderingContext2D, window: WindowArrivals, x: number, y: number): void {
  const isT = window.cause === 'T';
  if (isT) {
    context.fillStyle = colour('late-ink');
    context.fillRect(x - 0.5, y, 11, 14);
  }
  context.fillStyle = colour(isT ? 'card' : 'in');
  context.font = `${isT ? 700 : 400} 10px system-ui, "DejaVu Sans", sans-serif`;
  context.textAlign = 'center';
  context.fillText(window.cause, x + 5, y + 11);
}
