import type { SceneEvent } from './contract.ts';
import { make, part, Text } from './elements.ts';
import { clock } from './format.ts';
import type { Part, Shown } from './shown.ts';

/** What happened, newest first: who went missing, faults, changes of policy and model. */
export class EventLog implements Part {
  private readonly list = part('events');
  private readonly last = new Text();
  private drawn: readonly SceneEvent[] = [];

  constructor() {
    part('event-last').append(this.last.node);
  }

  draw({ model }: Shown): void {
    const { events } = model;
    if (events === this.drawn) return;
    const known = new Set(this.drawn);
    // The list is read aloud: what stays in it is left alone.
    if (events.some(event => known.has(event))) this.list.prepend(...events.filter(event => !known.has(event)).map(line).reverse());
    else this.list.replaceChildren(...events.map(line).reverse());
    while (this.list.childElementCount > events.length) this.list.lastElementChild?.remove();
    this.drawn = events;
    const newest = events.at(-1);
    this.last.set(newest === undefined ? '' : `${clock(newest.at)} ${wordsOf(newest)}`);
  }
}

function line(event: SceneEvent): HTMLLIElement {
  const time = make('time', '', clock(event.at));
  time.dateTime = new Date(event.at * 1000).toISOString();
  const text = make('span', '', wordsOf(event));
  text.dataset['kind'] = event.kind;
  return make('li', '', time, text);
}

function wordsOf(event: SceneEvent): string {
  if (event.kind === 'Missing') return `${event.text} since ${clock(event.at)}`;
  return event.kind === 'Policy' ? `policy: ${event.text}` : event.text;
}
