import type uPlot from 'uplot';
import { Chart } from './chart.ts';
import type { Decision } from './contract.ts';
import { part } from './elements.ts';
import { digits } from './format.ts';
import type { Moment } from './moments.ts';
import type { Part, Shown } from './shown.ts';
import { colour } from './theme.ts';

const inMs = (seconds: number | null) => (seconds !== null && seconds > 0 ? seconds * 1000 : null);
const ms = (value: number) => `${digits(value)} ms`;

/** p50, p90, p99 and T over time, with every decision as a dot; logarithmic, so that a tail factor is a distance. */
export class LatencyChart implements Part {
  private decisions: Decision[] = [];
  private limits: [number, number] = [1, 100];
  private drawn = '';
  private readonly chart = new Chart(part('latency'), part('latency-key'), {
    about: 'Latency from capture to decision over time: p50, p90, p99 and T',
    log: true,
    says: true,
    range: () => this.limits,
    beneath: plot => this.drawDecisions(plot),
    lines: [
      { label: 'T', colour: 'late', dash: [6, 4], width: 2, steps: true, value: ms },
      { label: 'p50', colour: 'p50', width: 1.5, value: ms },
      { label: 'p90', colour: 'p90', width: 2, value: ms },
      { label: 'p99', colour: 'p99', width: 2.5, value: ms },
    ],
  });

  draw({ model, moments: all, isPast, span, look }: Shown): void {
    // Five drawings a second move the dots smoothly enough; minutes have no dots.
    const due = `${model.name} ${Math.floor(isPast ? model.time / 5 : model.time * 5)} ${look}`;
    if (due === this.drawn) return;
    this.drawn = due;
    const since = model.time - span;
    const moments = all.filter(moment => moment.to >= since);
    this.decisions = isPast ? [] : model.decisions.filter(decision => decision.timestamp >= since && decision.timestamp <= model.time);
    this.limits = limitsOf(this.decisions, moments);
    this.chart.set(
      [
        moments.map(moment => moment.to),
        moments.map(moment => moment.t),
        moments.map(moment => inMs(moment.p50)),
        moments.map(moment => inMs(moment.p90)),
        moments.map(moment => inMs(moment.p99)),
      ],
      model.time, span, model.changes);
  }

  private drawDecisions(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const size = Math.max(2, Math.round(bbox.width / 350));
    ctx.save();
    ctx.globalAlpha = 0.75;
    for (const cause of ['K', 'T'] as const) {
      ctx.fillStyle = colour(cause === 'K' ? 'in' : 'late');
      for (const decision of this.decisions) {
        if (decision.cause !== cause || decision.latMean <= 0) continue;
        const x = plot.valToPos(decision.timestamp, 'x', true);
        const y = Math.min(bbox.top + bbox.height, Math.max(bbox.top, plot.valToPos(decision.latMean * 1000, 'y', true)));
        // Decisions by T are taller, so that not only the colour tells them apart.
        if (cause === 'K') ctx.fillRect(x - size / 2, y - size / 2, size, size);
        else ctx.fillRect(x - size / 2, y - size * 1.5, size, size * 3);
      }
    }
    ctx.restore();
  }
}

/** From the least to the most that is shown, in steps of 1, 2, 5 so that the axis does not jump with every dot. */
function limitsOf(decisions: readonly Decision[], moments: readonly Moment[]): [number, number] {
  let [least, most] = [Infinity, 0];
  const see = (value: number | null) => {
    if (value === null || !(value > 0)) return;
    least = Math.min(least, value);
    most = Math.max(most, value);
  };
  for (const decision of decisions) see(decision.latMean * 1000);
  for (const moment of moments) {
    see(moment.t);
    see(inMs(moment.p50));
    see(inMs(moment.p99));
  }
  if (most === 0) return [1, 1000];
  const low = step(least, Math.floor);
  return [Math.min(low, step(most, Math.ceil) / 10), Math.max(step(most * 1.1, Math.ceil), low * 10)];
}

function step(value: number, round: (place: number) => number): number {
  const places = [0, Math.log10(2), Math.log10(5)];
  const whole = Math.floor(Math.log10(value));
  const part = Math.log10(value) - whole;
  if (round === Math.floor) return 10 ** (whole + (places.findLast(place => place <= part + 1e-9) ?? 0));
  return 10 ** (whole + (places.find(place => place >= part - 1e-9) ?? 1));
}
