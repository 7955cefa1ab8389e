import { Chart } from './chart.ts';
import { part } from './elements.ts';
import { digits, percent, short } from './format.ts';
import type { Part, Shown } from './shown.ts';

/** The three small charts that have one value or two for each moment: tail factor, causes, accuracy. */
export class Trends implements Part {
  private drawn = '';
  private waiting: (() => void)[] = [];

  private readonly tail = new Chart(part('tail'), part('tail-key'), {
    about: 'Tail factor, p99 / p50, over time',
    range: (_, most) => [1, Math.max(3, Number.isFinite(most) ? most * 1.1 : 3)],
    lines: [{ label: 'p99 / p50', colour: 'p99', width: 2, value: digits }],
  });

  private readonly causes = new Chart(part('causes'), part('causes-key'), {
    about: 'Decisions each second, by K and by T',
    range: (_, most) => [0, Math.max(2, Number.isFinite(most) ? most * 1.15 : 2)],
    lines: [
      { label: 'all', colour: 'late', bars: true, value: null },
      { label: 'K', colour: 'in', bars: true, value: short },
      // Visible as the part of the bar of all that rises above K's.
      { label: 'T', colour: 'late', unseen: true, value: short },
    ],
  });

  private readonly accuracy = new Chart(part('accuracy'), part('accuracy-key'), {
    about: 'Accuracy over time: running, and of late',
    range: least => [Number.isFinite(least) ? Math.max(0, Math.floor(least * 10 - 0.5) / 10) : 0, 1],
    tick: value => percent(value),
    lines: [
      { label: 'of late', colour: 'p50', width: 1.5, value: value => percent(value) },
      { label: 'running', colour: 'in', width: 2.5, value: value => percent(value, 1) },
    ],
  });

  draw({ model, moments: all, isPast, span, look }: Shown): void {
    // One chart a drawing, so that no frame draws them all.
    this.waiting.shift()?.();
    const due = `${model.name} ${isPast ? Math.floor(model.time / 5) : model.lastSecond} ${look} ${model.changes.length}`;
    if (due === this.drawn) return;
    this.drawn = due;
    const moments = all.filter(moment => moment.to >= model.time - span);
    const ends = moments.map(moment => moment.to);
    const middles = moments.map(moment => (moment.from + moment.to) / 2);
    const show = (chart: Chart, ...data: (number | null)[][]) => chart.set(data, model.time, span, model.changes);

    this.waiting = [
      () => show(this.causes, middles, moments.map(moment => moment.decisions), moments.map(moment => moment.byK), moments.map(byT)),
      () => show(this.tail, ends, moments.map(moment => moment.tailFactor)),
      () => show(this.accuracy, ends, moments.map(moment => moment.recent), moments.map(moment => moment.running)),
    ];
  }
}

const byT = ({ decisions, byK }: { decisions: number | null; byK: number | null }) => (decisions === null ? null : decisions - (byK ?? 0));
