import { Chart } from './chart.ts';
import { Chat } from './chat.ts';
import type { ModelMinute, ModelSecond, ModelStatus, ModelUpdate, RingStatus } from './contract.ts';
import { make, part, setAttribute, Text } from './elements.ts';
import { bytes, digits, milliseconds, percent, short } from './format.ts';
import type { History } from './history.ts';
import { faultsOf } from './live.ts';
import type { ModelMoment } from './modelMoments.ts';
import { momentsOfModelSeconds } from './modelMoments.ts';
import { RingView } from './ring.ts';
import { ask } from './token.ts';

/** Seconds that the silo remembers of a model, and the page too. */
const mostSeconds = 300;

// Twice is needed within so long to unload a model that writes.
const sureMs = 4000;

const inMs = (seconds: number | null) => (seconds === null ? null : seconds * 1000);
const ms = (value: number) => `${digits(value)} ms`;
const orNull = (value: number | null) => (value !== null && value > 0 ? value : null);

/** A language model: how it is doing, its charts, and a conversation with it. */
export class ModelView {
  private model = '';
  private time = 0;
  private status: ModelStatus | null = null;
  private ring: RingStatus | null = null;
  private seconds: ModelSecond[] = [];
  private charts: ModelCharts | null = null;
  private drawn = '';
  private said = '';
  private acting = '';
  private sure: number | undefined;

  private readonly chat: Chat;
  private readonly stages = new RingView();
  private readonly load = part<HTMLButtonElement>('served-load');
  private readonly unload = part<HTMLButtonElement>('served-unload');
  private readonly texts = new Map<string, Text>();
  private readonly figures = new Map<string, { host: HTMLElement; value: Text; unit: Text; beside: Text }>();

  /**
   * @param history The log's minutes of models.
   * @param refused Is called when the silo asks for its token.
   */
  constructor(private readonly history: History<ModelMinute, ModelMoment>, refused: () => void) {
    this.chat = new Chat(refused);
    for (const id of ['served-note', 'served-state', 'served-aloud', 'served-size', 'served-fault', 'language-past', 'queue-past']) {
      const text = new Text();
      part(id).append(text.node);
      this.texts.set(id, text);
    }
    const list = part('served-numbers');
    for (const [id, label] of [
      ['decoded', 'text tokens/s'], ['prefilled', 'prompt tokens/s'], ['first50', 'TTFT p50'], ['first99', 'TTFT p99'], ['each50', 'TPOT p50'],
      ['each99', 'TPOT p99'], ['batch', 'batch'], ['queue', 'written : waiting'], ['pages', 'pages read'], ['acceptance', 'drafts taken'],
    ] as const) {
      const [value, unit, beside] = [new Text(), new Text(), new Text()];
      const number = make('dd', '', value.node, make('small', '', unit.node), make('span', 'with', beside.node));
      number.dataset['figure'] = id;
      const host = make('div', '', make('dt', '', label), number);
      list.append(host);
      this.figures.set(id, { host, value, unit, beside });
    }
    this.load.addEventListener('click', () => void this.act('load'));
    this.unload.addEventListener('click', () => this.unloadWhenSure());
  }

  /** Takes an update of a model; of another than before it begins anew. */
  merge(model: string, update: ModelUpdate): void {
    if (model !== this.model) {
      [this.model, this.seconds, this.drawn, this.acting] = [model, [], '', ''];
      this.unsure();
    }
    this.time = update.time;
    this.status = update.models.find(one => one.name === model) ?? null;
    this.ring = update.ring;
    const [first] = update.seconds;
    // What the silo tells again, after a new connection or a clock that was set back, takes the place of what was known.
    if (first !== undefined) this.seconds = [...this.seconds.filter(second => second.time < first.time), ...update.seconds];
    while (this.seconds.length > mostSeconds) this.seconds.shift();
  }

  /** Shows nothing any more; an answer that is being written is given up. */
  close(): void {
    [this.model, this.status] = ['', null];
    this.chat.close();
  }

  draw(span: number, look: number): void {
    const { status } = this;
    if (status === null) return;
    this.chat.open(this.model, !status.givesEmbeddings);
    setAttribute(part('language'), 'data-embeds', status.givesEmbeddings ? '' : null);
    this.drawState(status);
    this.drawFigures(status);
    this.stages.draw(status, this.ring);
    this.drawCharts(status, span, look);
  }

  private drawState(status: ModelStatus): void {
    const words = wordsOf(status);
    this.set('served-state', words);
    // Read aloud only when it is loaded, unloaded or fails, not for each text.
    if (status.state !== this.said) this.set('served-aloud', `${this.model}: ${words}`);
    this.said = status.state;
    const isLoaded = status.state === 'Loaded';
    this.set('served-size', isLoaded
      ? `${bytes(status.bytes)} of weights and pages · ${threads(status)} · texts of up to ${status.longestText} text tokens`
      : threads(status));
    if (status.state === 'Failed') this.set('served-fault', status.fault ?? '');
    else if (isLoaded && this.acting === '') this.set('served-fault', '');
    const isBusy = this.acting !== '' || status.state === 'Loading';
    [this.load.hidden, this.load.disabled] = [isLoaded, isBusy];
    [this.unload.hidden, this.unload.disabled] = [!isLoaded, isBusy];
    this.set('served-note', this.acting === 'load' || status.state === 'Loading' ? 'loading …' : this.acting === 'unload' ? 'unloading …' : '');
  }

  private drawFigures(status: ModelStatus): void {
    const isLoaded = status.state === 'Loaded' && !status.givesEmbeddings;
    const last = isLoaded ? this.seconds.at(-1) : undefined;
    const ended = last === undefined ? '' : `${last.ended} ${last.ended === 1 ? 'text' : 'texts'} in a minute`;
    this.figure('decoded', digits(last?.decoded), '', isLoaded ? `${digits(status.completionTokens)} in all` : '');
    this.figure('prefilled', digits(last?.prefilled), '', isLoaded ? `${digits(status.promptTokens)} in all` : '');
    this.figure('first50', milliseconds(last?.firstTokenP50), 'ms', ended);
    this.figure('first99', milliseconds(last?.firstTokenP99), 'ms', '');
    this.figure('each50', milliseconds(last?.perTokenP50), 'ms', ended);
    this.figure('each99', milliseconds(last?.perTokenP99), 'ms', '');
    this.figure('batch', digits(last?.batch), '', 'text tokens a step');
    this.figure('queue', isLoaded ? `${status.running} : ${status.waiting}` : '–', '', isLoaded && status.stalled > 0 ? `${status.stalled} stand still` : '');
    const free = status.pages - status.pagesRead - status.pagesRemembered;
    this.figure('pages', isLoaded ? String(status.pagesRead) : '–', '', isLoaded ? `${status.pagesRemembered} remembered, ${free} free` : '');
    const acceptance = last?.acceptance ?? null;
    this.figure('acceptance', percent(acceptance), '', 'of the guessed');
    this.figures.get('acceptance')!.host.hidden = acceptance === null;
  }

  private drawCharts(status: ModelStatus, span: number, look: number): void {
    const isPast = span > mostSeconds;
    const moments = isPast ? this.history.moments(this.model, this.time, span) : momentsOfModelSeconds(this.seconds);
    this.set('language-past', isPast ? this.history.note : '');
    this.set('queue-past', isPast ? 'The log does not have it.' : '');
    const newest = moments.at(-1);
    const due = `${this.model} ${span} ${look} ${moments.length} ${newest?.to}`;
    if (due === this.drawn) return;
    this.drawn = due;
    const until = isPast ? this.time : (newest?.to ?? this.time);
    const age = until - (moments[0]?.from ?? until);
    this.charts ??= new ModelCharts();
    this.charts.draw(moments, until, Math.min(span, Math.max(isPast ? 600 : 20, age)), status.pages);
  }

  private unloadWhenSure(): void {
    const texts = (this.status?.running ?? 0) + (this.status?.waiting ?? 0) + (this.status?.stalled ?? 0);
    if (texts === 0 || this.sure !== undefined) {
      this.unsure();
      void this.act('unload');
      return;
    }
    this.unload.textContent = `End ${texts} ${texts === 1 ? 'text' : 'texts'} and unload`;
    this.sure = window.setTimeout(() => this.unsure(), sureMs);
  }

  private unsure(): void {
    clearTimeout(this.sure);
    this.sure = undefined;
    this.unload.textContent = 'Unload';
  }

  private async act(what: 'load' | 'unload'): Promise<void> {
    const { model } = this;
    this.acting = what;
    this.set('served-fault', '');
    let fault = '';
    try {
      const response = await ask(`v1/models/${encodeURIComponent(model)}/${what}`, { method: 'POST' });
      if (!response.ok) fault = (await faultsOf(response)).join(' ');
    } catch {
      fault = 'The silo does not answer.';
    }
    if (this.model !== model) return;
    this.acting = '';
    this.set('served-fault', fault);
  }

  private set(id: string, text: string): void {
    this.texts.get(id)?.set(text);
  }

  private figure(id: string, value: string, unit: string, beside: string): void {
    const figure = this.figures.get(id);
    figure?.value.set(value);
    figure?.unit.set(value === '–' ? '' : unit);
    figure?.beside.set(beside);
  }
}

/** They are made when the first model is shown. */
class ModelCharts {
  private pages = 1;
  private remembered: number | null = null;

  private readonly speed = chart('speed', {
    about: 'Text tokens a second over time: written, and read of prompts',
    log: true,
    range: (_, most) => [1, Math.max(100, 10 ** Math.ceil(Math.log10(Number.isFinite(most) && most > 0 ? most : 1)))],
    lines: [
      { label: 'of prompts', colour: 'p50', bars: true, value: digits },
      { label: 'written', colour: 'in', width: 2, value: digits },
    ],
  });
  private readonly first = chart('first', {
    about: 'TTFT over time: p50 and p99',
    range: (_, most) => [0, upTo(most, 10)],
    lines: [{ label: 'p50', colour: 'p50', width: 1.5, value: ms }, { label: 'p99', colour: 'p99', width: 2.5, value: ms }],
  });
  private readonly each = chart('each', {
    about: 'TPOT over time: p50 and p99',
    range: (_, most) => [0, upTo(most, 1)],
    lines: [{ label: 'p50', colour: 'p50', width: 1.5, value: ms }, { label: 'p99', colour: 'p99', width: 2.5, value: ms }],
  });
  private readonly queue = chart('queue', {
    about: 'Texts over time: written, waiting, standing still, and text tokens computed together',
    range: (_, most) => [0, upTo(most, 4)],
    lines: [
      { label: 'written', colour: 'in', width: 2, steps: true, value: short },
      { label: 'waiting', colour: 'late', width: 2, steps: true, value: short },
      { label: 'still', colour: 'missing', width: 1.5, steps: true, dash: [4, 3], value: short },
    ],
  });
  private readonly read = chart('pages', {
    about: 'Pages over time: read, and remembered upon them',
    range: () => [0, this.pages],
    lines: [
      { label: 'remembered', colour: 'faint', fill: true, width: 0, value: () => digits(this.remembered) },
      { label: 'read', colour: 'in', fill: true, width: 0, value: short },
    ],
  });

  draw(moments: readonly ModelMoment[], until: number, span: number, pages: number): void {
    this.pages = Math.max(1, pages);
    this.remembered = moments.at(-1)?.pagesRemembered ?? null;
    const shown = moments.filter(moment => moment.to >= until - span);
    const show = (one: Chart, ...lines: ((moment: ModelMoment) => number | null)[]) =>
      one.set([shown.map(moment => moment.to), ...lines.map(line => shown.map(line))], until, span, []);
    show(this.speed, moment => orNull(moment.prefilled), moment => orNull(moment.decoded));
    show(this.first, moment => inMs(moment.firstTokenP50), moment => inMs(moment.firstTokenP99));
    show(this.each, moment => inMs(moment.perTokenP50), moment => inMs(moment.perTokenP99));
    show(this.queue, moment => moment.running, moment => moment.waiting, moment => orNull(moment.stalled));
    show(this.read, moment => (moment.pagesRead === null ? null : moment.pagesRead + (moment.pagesRemembered ?? 0)), moment => moment.pagesRead);
  }
}

const chart = (id: string, options: ConstructorParameters<typeof Chart>[2]) => new Chart(part(id), part(`${id}-key`), options);

const upTo = (most: number, least: number) => Math.max(least, Number.isFinite(most) ? most * 1.15 : least);

function wordsOf({ state, givesEmbeddings, running, waiting, stalled }: ModelStatus): string {
  if (state === 'Unloaded') return 'It is not loaded: the first message loads it.';
  if (state === 'Loading') return 'It is being loaded …';
  if (state === 'Failed') return 'It could not be loaded.';
  if (givesEmbeddings) return 'It is loaded. It gives embeddings and writes no text.';
  if (running + waiting + stalled === 0) return 'It is loaded, and writes nothing now.';
  const words = [running === 1 ? 'One text is written' : `${running} texts are written`];
  if (waiting > 0) words.push(waiting === 1 ? 'one waits' : `${waiting} wait`);
  if (stalled > 0) words.push(stalled === 1 ? 'one stands still for its reader' : `${stalled} stand still for their readers`);
  return `${words.join(', ')}.`;
}

const threads = (status: ModelStatus) => `${status.threads} ${status.threads === 1 ? 'thread' : 'threads'}`;
