import { faultsOf } from './live.ts';
import { ask } from './token.ts';

const minute = 60;

// A minute is in the log a moment after it is over.
const afterMinute = 3;
const retrySeconds = 5;

/** A minute of the log. */
interface LoggedMinute {
  from: number;
  silo?: string;
}

/** The minutes of a scene or a model as the log has them, asked for when the charts go back further than the silo itself remembers. */
export class History<Minute extends LoggedMinute, Moment> {
  /** What to say beside the charts; empty before the log was asked. */
  note = '';

  private name = '';
  private span = 0;
  private due = 0;
  private request: AbortController | null = null;
  private readonly minutes = new Map<string, Minute>();
  private shown: Moment[] = [];

  /**
   * @param what 'scene' or 'model'.
   * @param folder Where the log's minutes of all of them are.
   * @param momentsOf What the charts show of minutes, oldest first.
   * @param changed Is called when there is more to show.
   */
  constructor(
    private readonly what: string, private readonly folder: string, private readonly momentsOf: (minutes: readonly Minute[]) => Moment[],
    private readonly changed: () => void) {}

  /** What is known of the seconds before a time, and asks for more where it is due. */
  moments(name: string, time: number, span: number): Moment[] {
    if (name !== this.name || span !== this.span) this.restart(name, span);
    if ((time >= this.due || time < this.due - 2 * minute) && this.request === null) void this.load(time);
    return this.shown;
  }

  private restart(name: string, span: number): void {
    [this.name, this.span, this.due, this.note] = [name, span, 0, ''];
    this.request?.abort();
    this.request = null;
    this.minutes.clear();
    this.shown = [];
  }

  private async load(time: number): Promise<void> {
    const request = new AbortController();
    this.request = request;
    try {
      // From the newest known minute on, of which only a part may be known.
      const from = this.minutes.size > 0 ? Math.max(...[...this.minutes.values()].map(minute => minute.from)) : time - this.span;
      const query = new URLSearchParams({ from: new Date(Math.floor(from) * 1000).toISOString(), limit: String(this.span / minute + 500) });
      const response = await ask(`${this.folder}/${encodeURIComponent(this.name)}/minutes?${query.toString()}`, { signal: request.signal });
      if (!response.ok) throw new Error((await faultsOf(response)).join('; '));
      this.take((await response.json()) as Minute[], time);
      this.due = (Math.floor(time / minute) + 1) * minute + afterMinute;
    } catch (fault) {
      if (this.request !== request) return;
      this.due = time + retrySeconds;
      this.note = `The log could not be read: ${fault instanceof Error ? fault.message : String(fault)}`;
    }
    if (this.request !== request) return;
    this.request = null;
    this.changed();
  }

  private take(minutes: readonly Minute[], time: number): void {
    // A minute that comes again after the clock was set back takes the place of the earlier; those ahead of the clock are not shown.
    for (const one of minutes) this.minutes.set(`${one.from} ${one.silo ?? ''}`, one);
    for (const [key, { from }] of this.minutes) if (from < time - this.span - minute || from > time) this.minutes.delete(key);
    this.shown = this.momentsOf([...this.minutes.values()].sort((one, other) => one.from - other.from));
    this.note = this.shown.length > 0 ? 'From the log: a value a minute, up to the last full one.' : `The log has no full minute of this ${this.what} yet.`;
  }
}
