import type { ScenePolicy, SceneRouting } from './contract.ts';

/** What became of a policy that was sent. */
export type Outcome = { routing: SceneRouting } | { faults: string[] };

/** What has become of the user's changes. */
export type Phase = { is: 'idle' } | { is: 'waiting' } | { is: 'sending' } | { is: 'taken'; from: number } | { is: 'refused'; faults: string[] };

export type Edit = Partial<Pick<ScenePolicy, 'k' | 't' | 'w' | 'beta' | 'timeout'>>;

/** How long a change must rest before it is sent, milliseconds. */
export const settleMs = 150;

// A snapshot that was made before a change may still be under way after the answer to it.
const echoMs = 3000;

/**
 * Sends the user's changes of the policy to the silo: a little after the last one, one request at a time, the newest wins. Only values that
 * the user touched are changed; the rest is the silo's, so that another client's change of another value stands.
 */
export class Steering {
  private edits: Edit = {};
  private sent: Edit | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private awaited: { version: number; until: number } | null = null;
  private server: ScenePolicy | null = null;
  phase: Phase = { is: 'idle' };

  constructor(
    private readonly put: (policy: ScenePolicy) => Promise<Outcome>,
    private readonly changed: () => void,
    private readonly now: () => number = () => Date.now(),
  ) {}

  /** The policy to show: the silo's, with the user's changes that are not in effect yet. */
  get shown(): ScenePolicy | null {
    return this.server === null ? null : { ...this.server, ...(this.sent ?? {}), ...this.edits };
  }

  wish(edit: Edit): void {
    this.edits = { ...this.edits, ...edit };
    if (this.phase.is !== 'sending') this.phase = { is: 'waiting' };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.send(), settleMs);
    this.changed();
  }

  /** Takes the routing that the silo says is in effect. */
  take(routing: SceneRouting): void {
    if (this.awaited !== null && routing.version < this.awaited.version && this.now() < this.awaited.until) return;
    this.awaited = null;
    this.server = routing.current;
  }

  private async send(): Promise<void> {
    this.timer = undefined;
    // When the request under way is answered, the changes made meanwhile are sent.
    if (this.sent !== null || this.server === null || Object.keys(this.edits).length === 0) return;
    this.sent = this.edits;
    const policy = { ...this.server, ...this.sent };
    this.edits = {};
    this.phase = { is: 'sending' };
    this.changed();
    const outcome = await this.put(policy);
    this.sent = null;
    if ('faults' in outcome) {
      this.phase = { is: 'refused', faults: outcome.faults };
    } else {
      this.server = outcome.routing.current;
      this.awaited = { version: outcome.routing.version, until: this.now() + echoMs };
      this.phase = { is: 'taken', from: outcome.routing.currentFrom };
    }
    if (Object.keys(this.edits).length > 0 && this.timer === undefined) void this.send();
    this.changed();
  }
}
