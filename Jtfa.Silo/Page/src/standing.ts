import { part, setAttribute, Text } from './elements.ts';
import { clock, duration } from './format.ts';
import type { Connection, Subject } from './live.ts';

/** Shows the state of the connection, so that nobody takes old data for live. */
export class Standing {
  private readonly pill = part('connection');
  private readonly pillText = new Text();
  private readonly notice = part('notice');
  private readonly noticeText = new Text();
  private connection: Connection = { is: 'connecting' };
  private updatedAt: number | null = null;
  private lastTime = 0;

  constructor() {
    this.pill.replaceChildren(this.pillText.node);
    setInterval(() => this.draw(), 250);
    this.draw();
  }

  set(connection: Connection): void {
    // A new connection counts as an update: its first one fills in what was missed, as far as the silo remembers.
    if (connection.is === 'live' && this.connection.is !== 'live') this.updatedAt = performance.now();
    this.connection = connection;
    this.draw();
  }

  updated(time: number): void {
    this.updatedAt = performance.now();
    this.lastTime = time;
  }

  private draw(): void {
    const age = this.updatedAt === null ? 0 : (performance.now() - this.updatedAt) / 1000;
    const isStale = this.updatedAt !== null && (this.connection.is !== 'live' || age > 1);
    const { connection } = this;
    this.pill.dataset['is'] = connection.is === 'live' && isStale ? 'busy' : connection.is;
    this.pillText.set(this.words(connection, isStale, age));
    setAttribute(part('page'), 'data-stale', isStale && connection.is !== 'token' ? '' : null);
    part('token').hidden = connection.is !== 'token';
    part('page').hidden = connection.is === 'token' || (connection.is !== 'live' && this.updatedAt === null);
    this.notify(connection, isStale);
  }

  private words(connection: Connection, isStale: boolean, age: number): string {
    switch (connection.is) {
      case 'live':
        return isStale ? `live, but nothing for ${duration(age)}` : 'live';
      case 'away':
        return isStale ? `reconnecting, stale for ${duration(age)}` : 'reconnecting';
      case 'token':
        return 'token needed';
      case 'unknown':
        return `no such ${connection.subject.is}`;
      case 'busy':
        return `too many readers, again in ${duration(Math.max(0, (connection.retryAt - Date.now()) / 1000))}`;
      default:
        return 'connecting';
    }
  }

  private notify(connection: Connection, isStale: boolean): void {
    let text = '';
    if (connection.is === 'away') {
      const why = connection.why.charAt(0).toUpperCase() + connection.why.slice(1);
      text = isStale ? `${why}. All below is as it was at ${clock(this.lastTime)}; the page goes on by itself.` : `${why}. The page tries again by itself.`;
    } else if (connection.is === 'busy') {
      text = 'The silo has as many readers as it takes. Close another page, or wait: this one tries again by itself.';
    } else if (connection.is === 'unknown') {
      text = `This silo has no ${connection.subject.is} '${connection.subject.name}'. Choose one: `;
    }
    if (this.noticeText.node.parentNode !== this.notice && connection.is !== 'unknown') this.notice.replaceChildren(this.noticeText.node);
    if (connection.is !== 'unknown') this.noticeText.set(text);
    this.notice.hidden = text === '';
  }

  /** Where to go instead of a scene or a model that does not exist. */
  offer({ is, name: unknown }: Subject, names: readonly string[]): void {
    this.notice.replaceChildren(
      `This silo has no ${is} '${unknown}'. ${names.length > 0 ? 'Choose one: ' : 'It has none.'}`,
      ...names.slice(0, 12).map(name => {
        const link = document.createElement('a');
        link.href = `#${is}=${encodeURIComponent(name)}`;
        link.textContent = name;
        return link;
      }));
  }
}
