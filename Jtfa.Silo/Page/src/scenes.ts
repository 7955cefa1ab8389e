import type { SceneOverview } from './contract.ts';
import { make, part, setAttribute, setClass, Text } from './elements.ts';
import { digits, milliseconds, nameOf } from './format.ts';
import { troubles } from './model.ts';

const glyphs = { OnTime: '●', Late: '◐', Missing: '×' } as const;
const mostMarks = 16;

/** All scenes, a line or two each: whose cameras are on time, how many decisions, how long, and why. */
export class SceneList {
  private readonly host = part('scenes');
  private readonly list = part('scenes-list');
  private readonly summary = new Text();
  private readonly filter = part<HTMLInputElement>('scenes-filter');
  private readonly entries = new Map<string, Entry>();

  constructor() {
    part('scenes-summary').append(this.summary.node);
    this.filter.addEventListener('input', () => this.applyFilter());
    const isNarrow = matchMedia('(max-width: 1100px)');
    const details = this.host.querySelector('details')!;
    const fit = () => (details.open = !isNarrow.matches);
    isNarrow.addEventListener('change', fit);
    fit();
  }

  draw(scenes: readonly SceneOverview[], current: string | null): void {
    const { late, missing } = troubles(scenes);
    this.summary.set(`${scenes.length}, ${late + missing === 0 ? 'all cameras on time' : `${late} ${late === 1 ? 'camera' : 'cameras'} late, ${missing} missing`}`);
    for (const scene of scenes) this.entry(scene.scene).draw(scene, scene.scene === current);
    if (this.entries.size > scenes.length) this.drop(new Set(scenes.map(scene => scene.scene)));
  }

  /** Only what they are called: how they are doing is not told beside a language model. */
  drawNames(names: readonly string[]): void {
    this.summary.set(String(names.length));
    for (const name of names) this.entry(name).drawName();
    if (this.entries.size > names.length) this.drop(new Set(names));
  }

  show(isShown: boolean, scenes: number): void {
    this.host.hidden = !isShown;
    this.filter.hidden = scenes < 2;
  }

  private entry(name: string): Entry {
    let entry = this.entries.get(name);
    if (entry === undefined) {
      this.entries.set(name, (entry = new Entry(name)));
      this.list.append(entry.host);
      this.applyFilter();
    }
    return entry;
  }

  private drop(left: ReadonlySet<string>): void {
    for (const [name, entry] of this.entries) {
      if (left.has(name)) continue;
      entry.host.remove();
      this.entries.delete(name);
    }
  }

  private applyFilter(): void {
    const wanted = this.filter.value.trim().toLowerCase();
    for (const [name, entry] of this.entries) entry.host.hidden = !name.toLowerCase().includes(wanted);
  }
}

class Entry {
  readonly host = make('li');
  private readonly link = make('a');
  private readonly marks = make('span', 'marks');
  private readonly figures = new Text();
  private drawnMarks = '';

  constructor(name: string) {
    this.link.href = `#scene=${encodeURIComponent(name)}`;
    this.link.append(make('span', 'name', make('b', '', name), this.marks), make('div', 'figures', this.figures.node));
    this.host.append(this.link);
  }

  drawName(): void {
    setAttribute(this.link, 'aria-current', null);
    this.figures.set('');
    this.drawnMarks = '';
    this.marks.replaceChildren();
  }

  draw(scene: SceneOverview, isCurrent: boolean): void {
    setAttribute(this.link, 'aria-current', isCurrent ? 'page' : null);
    const { decisionsPerSecond: all, byKPerSecond: byK } = scene;
    this.figures.set(scene.fault ?? `${digits(all)}/s · p99 ${milliseconds(scene.latency.p99)} ms · K:T ${byK}:${all - byK}`);
    const marks = scene.cameras.map(camera => camera.timing).join();
    if (marks === this.drawnMarks) return;
    this.drawnMarks = marks;
    const shown = scene.cameras.slice(0, mostMarks);
    this.marks.replaceChildren(
      ...shown.map(camera => {
        const mark = make('span', '', glyphs[camera.timing]);
        setClass(mark, `timing ${camera.timing}`);
        mark.title = `${nameOf(camera)}: ${camera.timing === 'OnTime' ? 'on time' : camera.timing.toLowerCase()}`;
        return mark;
      }),
      scene.cameras.length > shown.length ? ` +${scene.cameras.length - shown.length}` : '');
  }
}
