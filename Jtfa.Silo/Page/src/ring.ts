import type { ModelStatus, RingEvent, RingStageStatus, RingStatus } from './contract.ts';
import { make, part, setAttribute, Text } from './elements.ts';
import { bytes, clock, digits, percent } from './format.ts';

/** The stages of a model on several silos: who has which blocks, how loaded each is, and what happened to them, as it happens. */
export class RingView {
  private readonly host = part('ring');
  private readonly list = part('ring-stages');
  private readonly events = part('ring-events');
  private readonly words = new Text();
  private stages: Stage[] = [];
  private told: RingEvent[] = [];

  constructor() {
    part('ring-words').append(this.words.node);
  }

  draw(status: ModelStatus, ring: RingStatus | null): void {
    this.host.hidden = ring === null;
    if (ring === null) return;
    const isWhole = ring.epoch !== null;
    setAttribute(this.host, 'data-lost', isWhole ? null : '');
    const of = ring.isAuto ? 'the solver’s plan' : 'the configured plan';
    this.words.set(isWhole ? `${ring.stages.length} stages by ${of}; texts go round through all of them.` : `Texts wait: ${ring.fault ?? 'a stage is missing'}.`);
    while (this.stages.length > ring.stages.length) this.stages.pop()?.node.remove();
    for (const [at, stage] of ring.stages.entries()) {
      let drawn = this.stages[at];
      if (drawn === undefined) {
        drawn = new Stage();
        this.stages.push(drawn);
        this.list.append(drawn.node);
      }
      drawn.draw(stage, at === 0, status, isWhole);
    }
    this.drawEvents(ring.events);
  }

  private drawEvents(events: RingEvent[]): void {
    const [last, before] = [events.at(-1), this.told.at(-1)];
    if (events.length === this.told.length && last?.time === before?.time && last?.text === before?.text) return;
    this.told = events;
    this.events.replaceChildren(...events.map(line).reverse());
  }
}

/** One stage: its silo, its blocks, and what passes through it. */
class Stage {
  readonly node = make('li', 'stage');
  private readonly silo = new Text();
  private readonly blocks = new Text();
  private readonly load = new Text();
  private readonly batches = new Text();
  private readonly pages = new Text();
  private readonly bar = make('span', 'loaded');

  constructor() {
    this.node.append(
      make('strong', '', this.silo.node), make('span', 'blocks', this.blocks.node), this.bar,
      make('span', '', this.load.node), make('span', '', this.batches.node), make('span', '', this.pages.node));
  }

  draw(stage: RingStageStatus, isStarter: boolean, status: ModelStatus, isWhole: boolean): void {
    const last = stage.first + stage.count - 1;
    this.silo.set(stage.silo);
    this.blocks.set(`${isStarter ? 'starter, ' : ''}${stage.count === 1 ? `block ${last}` : `blocks ${stage.first} – ${last}`}`);
    const load = isWhole ? stage.load : null;
    this.load.set(`load ${percent(load)}`);
    this.bar.style.setProperty('--share', `${Math.round((load ?? 0) * 100)}%`);
    const waiting = stage.waiting > 0 ? `, ${stage.waiting} waiting` : '';
    this.batches.set(`${digits(isWhole ? stage.batchesPerSecond : null)} batches/s${waiting}`);
    this.pages.set(`${status.pagesRead} of ${status.pages} pages${stage.bytes > 0 ? `, ${bytes(stage.bytes)}` : ''}`);
    setAttribute(this.node, 'data-passing', isWhole && (stage.batchesPerSecond ?? 0) > 0 ? '' : null);
  }
}

function line(event: RingEvent): HTMLLIElement {
  const time = make('time', '', clock(event.time));
  time.dateTime = new Date(event.time * 1000).toISOString();
  const text = make('span', '', event.kind === 'Whole' ? `all stages are there: ${event.text}` : event.text);
  text.dataset['kind'] = event.kind;
  return make('li', '', time, ' ', text);
}
