import type { LiveUpdate, ModelList, ModelStatus, ModelUpdate, Problem, SceneDescription } from './contract.ts';
import { EventReader } from './stream.ts';
import { ask } from './token.ts';

/** The state of the page's connection to its silo. */
export type Connection =
  | { is: 'connecting' }
  | { is: 'live' }
  | { is: 'away'; why: string }
  | { is: 'token' }
  | { is: 'unknown'; subject: Subject }
  | { is: 'busy'; retryAt: number };

/** What the page shows in full. */
export interface Subject {
  is: 'scene' | 'model';
  name: string;
}

/** Is told what comes from the silo. */
export interface LiveListener {
  /** What there is; says what to follow. */
  lists(scenes: SceneDescription[], models: ModelStatus[]): Subject | null;
  update(update: LiveUpdate): void;
  models(update: ModelUpdate): void;
  connection(connection: Connection): void;
}

// The silo writes ten times a second: after this long a silence the connection counts as dead, even if TCP has not noticed.
const silenceMs = 3000;
const firstRetryMs = 300;
const mostRetryMs = 3000;

/** Follows a silo, for ever: reads, and connects again when that ends. */
export class Live {
  private attempt: AbortController | null = null;
  private retry: number | undefined;
  private retryMs = firstRetryMs;
  private silence: number | undefined;

  constructor(private readonly listener: LiveListener) {}

  /** Connects now, dropping the connection that there is. */
  connect(): void {
    clearTimeout(this.retry);
    this.attempt?.abort();
    const attempt = new AbortController();
    this.attempt = attempt;
    void this.run(attempt);
  }

  private async run(attempt: AbortController): Promise<void> {
    let next: Connection = { is: 'away', why: 'the silo closed the connection' };
    try {
      this.listen(attempt);
      next = (await this.read(attempt)) ?? next;
    } catch {
      next = { is: 'away', why: 'the silo does not answer' };
    }
    clearTimeout(this.silence);
    if (this.attempt !== attempt) return;
    this.listener.connection(next);
    if (next.is === 'token') return;
    const wait = next.is === 'busy' ? Math.max(0, next.retryAt - Date.now()) : this.retryMs;
    this.retryMs = Math.min(mostRetryMs, this.retryMs * 2);
    this.retry = window.setTimeout(() => this.connect(), wait);
  }

  /** Reads until the end; says why there was nothing to read, if so. */
  private async read(attempt: AbortController): Promise<Connection | null> {
    const list = await ask('v1/scenes', { signal: attempt.signal });
    const refused = await refusal(list);
    if (refused !== null) return refused;
    const scenes = (await list.json()) as SceneDescription[];
    const subject = this.listener.lists(scenes, await modelsOf(attempt.signal));

    const response = await ask(pathOf(subject), { signal: attempt.signal });
    if (response.status === 404 && subject !== null) return { is: 'unknown', subject };
    const unavailable = await refusal(response);
    if (unavailable !== null) return unavailable;
    if (response.body === null) return null;

    let first = true;
    const events = new EventReader((event, data) => {
      if (this.attempt !== attempt) return;
      if (first) {
        this.retryMs = firstRetryMs;
        this.listener.connection({ is: 'live' });
      }
      first = false;
      if (event === 'live') this.listener.update(JSON.parse(data) as LiveUpdate);
      else if (event === 'model') this.listener.models(JSON.parse(data) as ModelUpdate);
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      this.listen(attempt);
      events.push(piece.value);
    }
    return null;
  }

  private listen(attempt: AbortController): void {
    clearTimeout(this.silence);
    this.silence = window.setTimeout(() => attempt.abort(), silenceMs);
  }
}

/** The silo's language models; none where it knows nothing of any. */
export async function modelsOf(signal: AbortSignal): Promise<ModelStatus[]> {
  const response = await ask('v1/models', { signal });
  return response.ok ? ((await response.json()) as ModelList).data.map(model => model.status) : [];
}

function pathOf(subject: Subject | null): string {
  if (subject === null) return 'v1/live';
  const name = encodeURIComponent(subject.name);
  return subject.is === 'scene' ? `v1/live?scene=${name}` : `v1/language/models/${name}/live`;
}

async function refusal(response: Response): Promise<Connection | null> {
  if (response.ok) return null;
  if (response.status === 401) return { is: 'token' };
  if (response.status === 503 || response.status === 429) {
    const seconds = Number(response.headers.get('Retry-After') ?? '5');
    return { is: 'busy', retryAt: Date.now() + 1000 * Math.min(60, Math.max(1, Number.isFinite(seconds) ? seconds : 5)) };
  }
  return { is: 'away', why: (await faultsOf(response)).join('; ') };
}

/** What a response that is no success says, a line each. */
export async function faultsOf(response: Response): Promise<string[]> {
  try {
    const problem = (await response.json()) as Problem;
    const errors = problem.errors === undefined ? [] : Array.isArray(problem.errors) ? problem.errors : Object.values(problem.errors).flat();
    if (errors.length > 0) return errors;
    if (problem.error?.message !== undefined) return [problem.error.message];
    if (problem.detail ?? problem.title) return [(problem.detail ?? problem.title)!];
  } catch {
    // Not problem details of the silo: something in between answered.
  }
  return [`HTTP ${response.status} ${response.statusText}`.trim()];
}
