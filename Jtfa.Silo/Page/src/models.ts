import type { ModelStatus } from './contract.ts';
import { make, part, setAttribute, Text } from './elements.ts';
import { bytes } from './format.ts';

export const stateWords = { Unloaded: 'not loaded', Loading: 'loading …', Loaded: 'loaded', Failed: 'failed' } as const;

/** The silo's language models, two lines each: whether it is loaded, its size, its threads, and how many texts it writes. */
export class ModelNav {
  private readonly host = part('models');
  private readonly list = part('models-list');
  private readonly summary = new Text();
  private readonly entries = new Map<string, Entry>();

  constructor() {
    part('models-summary').append(this.summary.node);
    const isNarrow = matchMedia('(max-width: 1100px)');
    const details = this.host.querySelector('details')!;
    const fit = () => (details.open = !isNarrow.matches);
    isNarrow.addEventListener('change', fit);
    fit();
  }

  draw(models: readonly ModelStatus[], current: string | null): void {
    this.host.hidden = models.length === 0;
    this.summary.set(`${models.length}, ${models.filter(model => model.state === 'Loaded').length} loaded`);
    for (const model of models) {
      let entry = this.entries.get(model.name);
      if (entry === undefined) {
        this.entries.set(model.name, (entry = new Entry(model.name)));
        this.list.append(entry.host);
      }
      entry.draw(model, model.name === current);
    }
    for (const [name, entry] of this.entries) {
      if (models.some(model => model.name === name)) continue;
      entry.host.remove();
      this.entries.delete(name);
    }
  }
}

class Entry {
  readonly host = make('li');
  private readonly link = make('a');
  private readonly state = make('span', 'models-state');
  private readonly stateText = new Text();
  private readonly figures = new Text();

  constructor(name: string) {
    this.link.href = `#model=${encodeURIComponent(name)}`;
    this.state.append(this.stateText.node);
    this.link.append(make('span', 'name', make('b', '', name), this.state), make('div', 'figures', this.figures.node));
    this.host.append(this.link);
  }

  draw(model: ModelStatus, isCurrent: boolean): void {
    setAttribute(this.link, 'aria-current', isCurrent ? 'page' : null);
    setAttribute(this.state, 'data-state', model.state);
    this.stateText.set(stateWords[model.state]);
    const threads = `${model.threads} ${model.threads === 1 ? 'thread' : 'threads'}`;
    const count = model.running + model.waiting + model.stalled;
    const texts = model.givesEmbeddings ? 'embeddings' : `${count} ${count === 1 ? 'text' : 'texts'}`;
    this.figures.set(model.state === 'Loaded' ? `${bytes(model.bytes)} · ${threads} · ${texts}` : threads);
  }
}
