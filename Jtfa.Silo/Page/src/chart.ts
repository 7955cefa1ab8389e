import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock, digits, short } from './format.ts';
import { make, Text } from './elements.ts';
import type { PolicyChange } from './model.ts';
import { differences } from './model.ts';
import { colour } from './theme.ts';

/** A line of a chart. */
export interface Line {
  label: string;
  /** Of theme.css, or a colour of its own. */
  colour: string;
  width?: number;
  dash?: number[];
  fill?: boolean;
  bars?: boolean;
  steps?: boolean;
  /** Only in the key. */
  unseen?: boolean;
  /** How its value is written; null keeps it out of the key. */
  value?: ((value: number) => string) | null;
}

export interface ChartOptions {
  about: string;
  lines: Line[];
  range: (min: number, max: number) => [number, number];
  log?: boolean;
  tick?: (value: number) => string;
  /** Drawn beneath the lines. */
  beneath?: (plot: uPlot) => void;
  /** Says at each policy mark what changed. */
  says?: boolean;
  /** Names in the key beyond these are summed up. */
  mostKeys?: number;
}

const font = '11px system-ui, "DejaVu Sans", sans-serif';

const paint = (name: string) => (name.startsWith('#') ? name : colour(name));

/** A time chart: uPlot with this page's looks, marks where the policy changed, and a key with the newest values. */
export class Chart {
  private readonly plot: uPlot;
  private readonly values: (Text | null)[];
  private readonly observer: ResizeObserver;
  private changes: readonly PolicyChange[] = [];
  private span: [number, number] = [0, 1];

  constructor(private readonly host: HTMLElement, private readonly key: HTMLElement, private readonly options: ChartOptions) {
    host.setAttribute('role', 'img');
    host.setAttribute('aria-label', options.about);
    this.values = this.makeKey();
    this.plot = new uPlot(this.plotOptions(), [[], ...options.lines.map(() => [])] as unknown as uPlot.AlignedData, host);
    this.observer = new ResizeObserver(() => this.plot.setSize(this.size()));
    this.observer.observe(host);
  }

  /** Shows data up to a moment: x values, then each line's. */
  set(data: (number | null)[][], until: number, seconds: number, changes: readonly PolicyChange[]): void {
    this.changes = changes;
    this.span = [until - seconds, until];
    this.plot.batch(() => {
      this.plot.setData(data as unknown as uPlot.AlignedData, false);
      this.plot.setScale('x', { min: this.span[0], max: this.span[1] });
    });
    this.showValues();
  }

  destroy(): void {
    this.observer.disconnect();
    this.plot.destroy();
    this.key.replaceChildren();
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(80, this.host.clientWidth), height: Math.max(80, this.host.clientHeight) };
  }

  private plotOptions(): uPlot.Options {
    const { options } = this;
    const grid = { stroke: () => colour('grid'), width: 1 };
    return {
      ...this.size(),
      padding: [8, 10, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: 'jtfa' }, drag: { x: false, y: false }, points: { show: false }, y: false },
      scales: {
        x: { time: true, auto: false, range: () => this.span },
        y: { distr: options.log ? 3 : 1, range: (_, min, max) => options.range(min ?? NaN, max ?? NaN) },
      },
      axes: [
        {
          stroke: () => colour('soft'), grid, ticks: { show: false }, font, size: 26, gap: 8, space: 74,
          values: (_, splits) => splits.map(clock),
        },
        {
          stroke: () => colour('soft'), grid, ticks: { show: false }, font, size: 44, gap: 6, space: 26,
          values: (_, splits) => splits.map(split => (split === null ? '' : (options.tick ?? short)(split))),
        },
      ],
      series: [{}, ...options.lines.map(seriesOf)],
      hooks: {
        drawAxes: [plot => options.beneath?.(plot)],
        draw: [plot => this.drawMarks(plot)],
        setCursor: [() => this.showValues()],
      },
    };
  }

  private makeKey(): (Text | null)[] {
    const most = this.options.mostKeys ?? Infinity;
    this.key.replaceChildren();
    return this.options.lines.map((line, index) => {
      if (line.value === null || index >= most) return null;
      const text = new Text();
      const swatch = make('i', line.bars || line.fill || line.unseen ? 'swatch block' : line.dash ? 'swatch dashed' : 'swatch');
      const ink = line.colour.startsWith('#') ? line.colour : `var(--${line.colour})`;
      swatch.style.borderColor = ink;
      if (line.bars || line.fill || line.unseen) swatch.style.background = ink;
      this.key.append(make('li', '', swatch, line.label, ' ', make('span', 'value', text.node)));
      return text;
    });
  }

  /** The values under the pointer, or else the newest. */
  private showValues(): void {
    const pointed = this.plot.cursor.left !== undefined && this.plot.cursor.left >= 0 ? this.plot.cursor.idx : null;
    this.options.lines.forEach((line, index) => {
      const text = this.values[index];
      if (text === null || text === undefined) return;
      const column = this.plot.data[index + 1];
      const value = pointed === null || pointed === undefined ? column?.[column.length - 1] : column?.[pointed];
      text.set(value === null || value === undefined ? '–' : (line.value ?? digits)(value));
    });
  }

  private drawMarks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour('ink');
    ctx.lineWidth = ratio;
    ctx.font = font.replace('11px', `${11 * ratio}px`);
    this.changes.forEach((change, index) => {
      if (change.from < this.span[0] || change.from > this.span[1]) return;
      const x = Math.round(plot.valToPos(change.from, 'x', true)) + 0.5;
      ctx.setLineDash([2 * ratio, 2 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (!this.options.says) return;
      const isRight = x > bbox.left + bbox.width * 0.7;
      ctx.textAlign = isRight ? 'right' : 'left';
      const text = differences(change.before, change.after);
      const [left, y] = [x + (isRight ? -4 : 4) * ratio, bbox.top + (index % 2 === 0 ? 11 : 25) * ratio];
      const width = ctx.measureText(text).width;
      // A background, so that the text is readable over any line.
      ctx.fillStyle = colour('card');
      ctx.fillRect(isRight ? left - width : left, y - 10 * ratio, width, 13 * ratio);
      ctx.fillStyle = colour('ink');
      ctx.fillText(text, left, y);
    });
    ctx.restore();
  }
}

function seriesOf(line: Line): uPlot.Series {
  const { bars, stepped } = uPlot.paths;
  return {
    stroke: () => paint(line.colour),
    ...(line.fill || line.bars ? { fill: () => paint(line.colour) } : {}),
    width: line.width ?? (line.bars ? 0 : 1.5),
    ...(line.dash ? { dash: line.dash } : {}),
    points: { show: false },
    ...(line.unseen ? { paths: () => null } : line.bars && bars ? { paths: bars({ size: [0.85, 24] }) } : line.steps && stepped ? { paths: stepped({ align: 1 }) } : {}),
  };
}
