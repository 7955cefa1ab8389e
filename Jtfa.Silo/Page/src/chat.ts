import { make, part, setAttribute, Text } from './elements.ts';
import { digits } from './format.ts';
import { faultsOf } from './live.ts';
import type { Turn, Wishes } from './talk.ts';
import { AnswerReader, requestOf } from './talk.ts';
import { ask } from './token.ts';

// So near to its end the conversation follows what is written.
const nearPx = 40;

// What comes of a fast model is shown a few times a second, and so seldom that showing a long text takes no more than a fifth of the time.
const leastRestMs = 30;
const mostRestMs = 2000;
const restShare = 4;

/** A conversation with each model: what was said, an answer as it is written, and how to stop it. What is said is kept on this page only. */
export class Chat {
  private readonly host = part('chat');
  private readonly log = part('chat-log');
  private readonly form = part<HTMLFormElement>('chat-form');
  private readonly text = part<HTMLTextAreaElement>('chat-text');
  private readonly send = part<HTMLButtonElement>('chat-send');
  private readonly stop = part<HTMLButtonElement>('chat-stop');
  private readonly clear = part<HTMLButtonElement>('chat-clear');
  private readonly note = new Text();
  private readonly fault = new Text();
  private readonly conversations = new Map<string, Turn[]>();
  private model = '';
  private isAtEnd = true;
  private drawing: number | undefined;
  private restMs = leastRestMs;
  private writing: AbortController | null = null;

  /** @param refused Is called when the silo asks for its token. */
  constructor(private readonly refused: () => void) {
    part('chat-note').append(this.note.node);
    part('chat-fault').append(this.fault.node);
    const wishes = part<HTMLDetailsElement>('chat-wishes');
    // A browser shows nothing of a wrong value within what is closed.
    this.form.addEventListener('invalid', () => (wishes.open = true), true);
    this.form.addEventListener('submit', event => {
      event.preventDefault();
      void this.say();
    });
    this.text.addEventListener('keydown', event => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (this.writing === null) this.form.requestSubmit();
    });
    this.log.addEventListener('scroll', () => {
      this.isAtEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < nearPx;
    });
    new ResizeObserver(() => this.follow()).observe(this.log);
    this.stop.addEventListener('click', () => this.writing?.abort());
    this.clear.addEventListener('click', () => {
      this.writing?.abort();
      this.conversations.delete(this.model);
      this.show();
      this.text.focus();
    });
  }

  /** Goes to a model's conversation; an answer of another's is given up. */
  open(model: string, answers: boolean): void {
    this.host.hidden = !answers;
    if (model === this.model) return;
    this.writing?.abort();
    this.model = model;
    this.show();
  }

  /** Leaves: nobody reads an answer that is being written. */
  close(): void {
    this.writing?.abort();
    this.model = '';
  }

  private show(): void {
    const turns = this.conversations.get(this.model) ?? [];
    this.log.replaceChildren(...turns.map(turn => new Line(turn.role, turn.content).host));
    this.clear.hidden = turns.length === 0;
    this.note.set('');
    this.fault.set('');
    this.toEnd();
  }

  private async say(): Promise<void> {
    const said = this.text.value.trim();
    if (said === '' || this.writing !== null) return;
    const { model } = this;
    const turns = this.conversations.get(model) ?? [];
    this.conversations.set(model, turns);
    const question: Turn = { role: 'user', content: said };
    turns.push(question);
    const asked = new Line('user', said);
    const line = new Line('assistant', '');
    this.log.append(asked.host, line.host);
    this.text.value = '';
    this.fault.set('');
    const writing = new AbortController();
    this.begin(writing, line);
    let answer = '';
    const reader = new AnswerReader(text => {
      answer += text;
      line.append(text);
      this.drawing ??= window.setTimeout(() => this.drawLine(line), this.restMs);
    });
    const began = performance.now();
    const fault = await this.read(requestOf(model, turns, this.wishes()), reader, writing.signal);
    this.end(writing, line);

    // Nothing came: what was asked goes back to where it was written, and is not a part of the conversation.
    const isHere = this.model === model && this.conversations.get(model) === turns;
    if (answer === '' && (fault !== null || writing.signal.aborted)) {
      turns.splice(turns.indexOf(question), 1);
      asked.host.remove();
      line.host.remove();
      if (isHere && this.text.value === '') this.text.value = said;
    } else {
      turns.push({ role: 'assistant', content: answer });
      line.tell(costOf(reader, (performance.now() - began) / 1000, writing.signal.aborted));
    }
    if (!isHere) return;
    this.clear.hidden = turns.length === 0;
    this.fault.set(fault ?? '');
    this.note.set(fault !== null ? '' : writing.signal.aborted ? 'stopped' : 'answered');
    this.follow();
  }

  /** Reads an answer to its end; says why it is not whole, if so. */
  private async read(request: object, reader: AnswerReader, signal: AbortSignal): Promise<string | null> {
    try {
      const response = await ask('v1/chat/completions', {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(request), signal,
      });
      if (response.status === 401) this.refused();
      if (!response.ok || response.body === null) return (await faultsOf(response)).join(' ');
      const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) reader.push(piece.value);
      return reader.fault ?? (reader.isWhole ? null : 'The answer broke off.');
    } catch {
      return signal.aborted ? null : 'The silo does not answer.';
    }
  }

  private begin(writing: AbortController, line: Line): void {
    this.writing = writing;
    line.host.dataset['writing'] = '';
    // A reader of the screen reads the answer when it is whole, not by the word.
    this.log.setAttribute('aria-busy', 'true');
    this.note.set('writing …');
    const hadFocus = document.activeElement === this.send;
    [this.send.hidden, this.stop.hidden] = [true, false];
    if (hadFocus) this.stop.focus();
    this.toEnd();
  }

  private drawLine(line: Line): void {
    clearTimeout(this.drawing);
    this.drawing = undefined;
    const began = performance.now();
    line.draw();
    this.follow();
    this.restMs = Math.min(mostRestMs, Math.max(leastRestMs, restShare * (performance.now() - began)));
  }

  private end(writing: AbortController, line: Line): void {
    this.drawLine(line);
    setAttribute(line.host, 'data-writing', null);
    if (this.writing !== writing) return;
    this.writing = null;
    this.log.removeAttribute('aria-busy');
    const hadFocus = document.activeElement === this.stop;
    [this.send.hidden, this.stop.hidden] = [false, true];
    if (hadFocus) this.text.focus();
  }

  private toEnd(): void {
    this.isAtEnd = true;
    this.follow();
  }

  // Not where the reader has gone back to read what was said before.
  private follow(): void {
    if (this.isAtEnd) this.log.scrollTop = this.log.scrollHeight;
  }

  private wishes(): Wishes {
    return {
      system: part<HTMLTextAreaElement>('chat-system').value,
      temperature: numberIn('chat-temperature'), seed: numberIn('chat-seed'), most: numberIn('chat-most'),
    };
  }
}

/** What one said. */
class Line {
  readonly host: HTMLElement;
  private readonly words: globalThis.Text;
  private readonly cost = make('p', 'cost');
  private waiting = '';

  constructor(role: Turn['role'], content: string) {
    this.words = document.createTextNode(content);
    this.host = make('div', 'turn', make('p', 'who', role === 'user' ? 'You' : 'Model'), make('p', 'words', this.words), this.cost);
    this.host.dataset['role'] = role;
  }

  /** Takes text; it is seen when it is drawn. */
  append(text: string): void {
    this.waiting += text;
  }

  draw(): void {
    this.words.appendData(this.waiting);
    this.waiting = '';
  }

  tell(cost: string): void {
    this.cost.textContent = cost;
  }
}

function numberIn(id: string): number | null {
  const value = part<HTMLInputElement>(id).valueAsNumber;
  return Number.isFinite(value) ? value : null;
}

function costOf({ usage, finish }: AnswerReader, seconds: number, isStopped: boolean): string {
  const parts = usage === null ? [] : [
    `${usage.written} text tokens in ${digits(seconds)} s`,
    `prompt ${usage.prompt}${usage.cached > 0 ? `, ${usage.cached} remembered` : ''}`,
  ];
  if (isStopped) parts.push('stopped');
  else if (finish === 'length') parts.push('as long as it might be');
  return parts.join(' · ');
}
