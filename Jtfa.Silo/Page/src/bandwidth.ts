import { Chart } from './chart.ts';
import { part } from './elements.ts';
import { digits, nameOf } from './format.ts';
import { most } from './model.ts';
import type { Part, Shown } from './shown.ts';

// Distinguishable with any colour vision, and none of the colours that have a meaning on this page.
const bands = ['#44aa99', '#5b6fb5', '#999933', '#88ccee', '#882255', '#117733', '#ccbb66', '#7a6f6a'];

/** What each view sends, one upon the other, so that views that send the same are all seen and the top is the sum. */
export class BandwidthChart implements Part {
  private chart: Chart | null = null;
  private views = '';
  private drawn = '';
  private last: number[] = [];

  draw({ model, span: wanted, look }: Shown): void {
    // The log does not have bandwidth by view: so no further back than the page remembers.
    const span = Math.min(wanted, most.seconds);
    const views = model.cameras.map(camera => `${camera.view} ${nameOf(camera)}`).join();
    // Half a second after the other charts, so that no frame draws them all.
    const due = `${model.name} ${Math.floor(model.time + 0.5)} ${look} ${views} ${model.changes.length}`;
    if (due === this.drawn) return;
    this.drawn = due;
    if (views !== this.views) this.rebuild(views, model.cameras.map(camera => nameOf(camera)));

    const seconds = model.views.filter(second => second.second >= model.time - span - 1);
    const sums: (number | null)[][] = model.cameras.map(() => []);
    for (const second of seconds) {
      let sum = 0;
      model.cameras.forEach((camera, index) => sums[index]?.push((sum += second.kbps.get(camera.view) ?? 0)));
    }
    this.last = model.cameras.map(camera => model.views.at(-1)?.kbps.get(camera.view) ?? 0);
    // The highest sum first: each lower one is drawn over it.
    this.chart?.set([seconds.map(second => second.second + 1), ...sums.reverse()], model.time, span, model.changes);
  }

  private rebuild(views: string, names: string[]): void {
    this.views = views;
    this.chart?.destroy();
    this.chart = new Chart(part('bandwidth'), part('bandwidth-key'), {
      about: `Bandwidth in kbit/s over time of ${names.join(', ')}, one upon the other`,
      range: (_, highest) => [0, Math.max(1, Number.isFinite(highest) ? highest * 1.15 : 1)],
      mostKeys: 12,
      lines: names
        .map((label, index) => ({ label, colour: bands[index % bands.length] ?? '#44aa99', fill: true, width: 0, value: () => digits(this.last[index]) }))
        .reverse(),
    });
  }
}
