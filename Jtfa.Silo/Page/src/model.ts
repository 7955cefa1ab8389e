import type {
  CameraHealth, ClockStep, Decision, DecisionDetail, LiveUpdate, SceneEvent, SceneOverview, ScenePolicy, SceneRouting, SceneSecond, SceneStatistics, WindowArrivals, WindowName,
} from './contract.ts';

/** How much the page remembers of a scene, at most. */
export const most = { seconds: 300, windows: 256, decisions: 2000, changes: 32, details: 400, events: 100 } as const;

// A clock that goes back by more was set back.
const setBackSeconds = 2;

// A window reports some time after it has gone.
const reportSeconds = 0.2;

/** What each view sent in a second, in kbit/s. */
export interface SecondOfViews {
  second: number;
  kbps: Map<number, number>;
}

/** A policy that took the place of another. */
export interface PolicyChange {
  version: number;
  from: number;
  before: ScenePolicy;
  after: ScenePolicy;
}

/** What the page knows of the scene that it shows, merged from the updates of all its connections. */
export class SceneModel {
  time = 0;
  routing: SceneRouting | null = null;
  statistics: SceneStatistics | null = null;
  cameras: CameraHealth[] = [];
  changes: PolicyChange[] = [];
  clockStep: ClockStep | null = null;
  views: SecondOfViews[] = [];

  /** The decision that was told of last. */
  lastDecision: Decision | undefined;

  /** What happened, oldest first. */
  events: SceneEvent[] = [];
  cameraSwitches = false;

  /** Decisions that were published while the page listened and that it was not told of one by one; the log has them. */
  untold = 0;

  // By key, in the order of arrival: decision ids decrease when a policy with a larger W begins.
  private readonly secondsById = new Map<number, SceneSecond>();
  private readonly windowsByKey = new Map<string, WindowArrivals>();
  private readonly decisionsByKey = new Map<string, Decision>();
  private readonly detailsByKey = new Map<string, DecisionDetail>();
  private readonly toldAt = new Map<string, { first: number; last: number }>();

  constructor(readonly name: string) {}

  get seconds(): SceneSecond[] {
    return [...this.secondsById.values()].sort((one, other) => one.second - other.second);
  }

  get windows(): WindowArrivals[] {
    return [...this.windowsByKey.values()];
  }

  get decisions(): Decision[] {
    return [...this.decisionsByKey.values()];
  }

  get firstSecond(): number {
    return this.secondsById.keys().next().value ?? this.time;
  }

  get lastSecond(): number {
    return this.views.at(-1)?.second ?? 0;
  }


  /** How a decision came about; undefined where the silo did not tell it. */
  detail(decision: Decision): DecisionDetail | undefined {
    return this.detailsByKey.get(keyOf({ clockEpoch: decision.clockEpoch, decision: decision.id }));
  }

  decision(name: WindowName): Decision | undefined {
    return this.decisionsByKey.get(keyOf(name));
  }

  window(name: WindowName): WindowArrivals | undefined {
    return this.windowsByKey.get(keyOf(name));
  }

  /**
   * Whether a window's late views are known: they are once it has gone, T + linger after it opened, if the silo still reported it then. The
   * silo reports the last 48 windows; if a scene is faster than that, its late views stay unknown.
   */
  isSettled(name: WindowName): boolean {
    const told = this.toldAt.get(keyOf(name));
    if (told === undefined || this.routing === null) return false;
    const policy = inForceAt(this.routing, this.time);
    const fired = this.decision(name)?.timestamp ?? told.first;
    return told.last > fired + (policy.t + policy.linger) / 1000 + reportSeconds;
  }

  /** Takes an update in; the first of a connection has the whole past, which fills what was missed. */
  merge(update: LiveUpdate): void {
    const scene = update.scene;
    if (scene === null || scene.scene !== this.name) return;
    if (scene.time < this.time - setBackSeconds) this.beginAnew(scene.time);
    const known = this.statistics?.decisions;
    let fresh = 0;
    for (const decision of scene.decisions) {
      const key = keyOf({ clockEpoch: decision.clockEpoch, decision: decision.id });
      if (!this.decisionsByKey.has(key)) fresh++;
      this.decisionsByKey.set(key, decision);
      this.lastDecision = decision;
    }
    // Fewer than before: the scene was activated anew, and counts from 0.
    if (known !== undefined && scene.statistics.decisions >= known) this.untold += Math.max(0, scene.statistics.decisions - known - fresh);
    for (const detail of update.details) this.detailsByKey.set(keyOf({ clockEpoch: detail.clockEpoch, decision: detail.id }), detail);
    trim(this.detailsByKey, most.details);
    this.noteEvents(scene.events);
    this.cameraSwitches = update.cameraSwitches;
    for (const second of scene.seconds) this.secondsById.set(second.second, second);
    for (const window of scene.windows) {
      const key = keyOf(window);
      this.windowsByKey.set(key, window);
      this.toldAt.set(key, { first: this.toldAt.get(key)?.first ?? scene.time, last: scene.time });
    }
    trim(this.secondsById, most.seconds);
    trim(this.windowsByKey, most.windows);
    trim(this.toldAt, most.windows);
    trim(this.decisionsByKey, most.decisions);
    this.noteChange(scene.routing, scene.time);
    this.noteViews(scene.time, scene.cameras);
    this.time = scene.time;
    this.routing = scene.routing;
    this.statistics = scene.statistics;
    this.cameras = scene.cameras;
    this.clockStep = scene.clockStep;
  }

  private noteEvents(events: readonly SceneEvent[]): void {
    const isKnown = (event: SceneEvent) => this.events.some(one => one.number === event.number && one.activation === event.activation);
    const fresh = events.filter(event => !isKnown(event));
    if (fresh.length > 0) this.events = [...this.events, ...fresh].slice(-most.events);
  }

  // The same seconds come again.
  private beginAnew(time: number): void {
    this.secondsById.clear();
    this.views = [];
    this.changes = this.changes.filter(change => change.from <= time);
  }

  private noteChange(routing: SceneRouting, time: number): void {
    if (routing.version === this.routing?.version || !isOther(routing.previous, routing.current)) return;
    // A change from before all that is shown explains nothing.
    if (routing.currentFrom < time - most.seconds) return;
    this.changes.push({ version: routing.version, from: routing.currentFrom, before: routing.previous, after: routing.current });
    if (this.changes.length > most.changes) this.changes.shift();
  }

  private noteViews(time: number, cameras: CameraHealth[]): void {
    const second = Math.floor(time);
    if (this.views.at(-1)?.second === second) return;
    this.views.push({ second, kbps: new Map(cameras.map(camera => [camera.view, camera.timing === 'Missing' ? 0 : camera.kbps])) });
    if (this.views.length > most.seconds) this.views.shift();
  }
}

/** The policy in force at a time: K and T are those that it has adapted to. */
export function inForceAt(routing: SceneRouting, time: number): ScenePolicy {
  return time >= routing.currentFrom ? routing.currentInForce ?? routing.current : routing.previousInForce ?? routing.previous;
}

/** Whether two policies differ in what a user can see. */
export function isOther(one: ScenePolicy, other: ScenePolicy): boolean {
  return one.k !== other.k || one.n !== other.n || one.t !== other.t || one.w !== other.w || one.beta !== other.beta || one.keying !== other.keying || one.linger !== other.linger || one.timeout !== other.timeout || one.kMin !== other.kMin;
}

/** What changed, in words: "K 3 → 2, T 120 → 60 ms". */
export function differences(before: ScenePolicy, after: ScenePolicy): string {
  const parts: string[] = [];
  const of = (beta: number | null) => (beta === null ? 'own' : String(beta));
  if (before.k !== after.k) parts.push(`K ${before.k} → ${after.k}`);
  if (before.n !== after.n) parts.push(`N ${before.n} → ${after.n}`);
  if (before.t !== after.t) parts.push(`T ${before.t} → ${after.t} ms`);
  if (before.w !== after.w) parts.push(`W ${before.w} → ${after.w} ms`);
  if (before.beta !== after.beta) parts.push(`β ${of(before.beta)} → ${of(after.beta)}`);
  if (before.timeout !== after.timeout) parts.push(`timeout ${before.timeout} → ${after.timeout}`);
  if (before.kMin !== after.kMin) parts.push(`K at least ${before.kMin ?? before.k} → ${after.kMin ?? after.k}`);
  return parts.length > 0 ? parts.join(', ') : 'policy';
}

/** Whether a view's token was in time for a window. */
export type Arrival = 'in' | 'late' | 'missing' | 'open';

/** Whether a view was in time for a window. While the window's late views are not known, a view that is not in is 'open'. */
export function arrivalOf(window: WindowArrivals, view: number, isSettled: boolean): Arrival {
  if (window.onTime.includes(view)) return 'in';
  if (window.late.includes(view)) return 'late';
  return isSettled ? 'missing' : 'open';
}

/** The scenes' lines after an update: if there are many scenes, an update has only the lines that changed. */
export function withNews(before: readonly SceneOverview[], news: readonly SceneOverview[]): SceneOverview[] {
  const byName = new Map(news.map(scene => [scene.scene, scene]));
  const kept = before.map(scene => byName.get(scene.scene) ?? scene);
  const known = new Set(before.map(scene => scene.scene));
  return [...kept, ...news.filter(scene => !known.has(scene.scene))];
}

/** How many cameras of all scenes are not on time. */
export function troubles(scenes: readonly SceneOverview[]): { late: number; missing: number } {
  let [late, missing] = [0, 0];
  for (const scene of scenes) {
    for (const camera of scene.cameras) {
      if (camera.timing === 'Late') late++;
      else if (camera.timing === 'Missing') missing++;
    }
  }
  return { late, missing };
}

function keyOf({ clockEpoch, decision }: WindowName): string {
  return `${clockEpoch}/${decision}`;
}

function trim<K, T>(map: Map<K, T>, size: number): void {
  for (const key of map.keys()) {
    if (map.size <= size) return;
    map.delete(key);
  }
}
