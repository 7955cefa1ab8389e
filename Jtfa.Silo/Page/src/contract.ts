// What the silo says, as Jtfa.Interfaces has it: durations in milliseconds, latencies in seconds, times in seconds since 1970.
// A number that does not exist is null.

export type CameraTiming = 'OnTime' | 'Late' | 'Missing';
export type FireCause = 'K' | 'T';

export interface ScenePolicy {
  k: number;
  n: number;
  t: number;
  w: number;
  linger: number;
  keying: string;
  beta: number | null;
  timeout: 'Fixed' | 'Adaptive';
  tMin: number;
  tMax: number;
  quantile: number;
  margin: number;
  kMin: number | null;
}

export interface SceneRouting {
  dimension: number;
  current: ScenePolicy;
  currentFrom: number;
  previous: ScenePolicy;
  version: number;
  clockEpoch: number;
  /** With the K and T that it has adapted to; null where it does not adapt. */
  currentInForce: ScenePolicy | null;
  previousInForce: ScenePolicy | null;
}

export interface LatencySummary {
  count: number;
  p50: number | null;
  p90: number | null;
  p99: number | null;
  max: number | null;
  tailFactor: number | null;
}

export interface CameraMark {
  view: number;
  camera: string | null;
  timing: CameraTiming;
}

export interface SceneOverview {
  scene: string;
  policy: ScenePolicy;
  decisions: number;
  decisionsPerSecond: number;
  byKPerSecond: number;
  latency: LatencySummary;
  accRunning: number | null;
  cameras: CameraMark[];
  open: boolean;
  fault: string | null;
}

export interface CameraHealth extends CameraMark {
  lastTokenAt: number;
  tokens: number;
  bytes: number;
  rateHz: number;
  kbps: number;
  lost: number;
  jitter: number;
  clockOffset: number;
  onTime: number;
  late: number;
  fault: string | null;
  /** The name by which its silo declares it; null where it is switched and asked by nobody. */
  declared: string | null;
  switchedOff: boolean;
  givesPictures: boolean;
  /** Copies of tokens that had come already. */
  copies: number;
  /** Tokens that were lost and came as copies. */
  saved: number;
  lossRatio: number;
}

export interface SceneSecond {
  second: number;
  decisions: number;
  byK: number;
  tokens: number;
  bytes: number;
  fillRatio: number | null;
  labelled: number;
  correct: number;
  accRunning: number | null;
  latency: LatencySummary;
  t: number;
}

export interface SceneMinute {
  scene: string;
  from: number;
  to: number;
  decisions: number;
  byK: number;
  byT: number;
  tokens: number;
  fillRatio: number | null;
  p50: number | null;
  p90: number | null;
  p99: number | null;
  tailFactor: number | null;
  bytes: number;
  late: number;
  lost: number;
  labelled: number;
  correct: number;
  accuracy: number | null;
  k: number;
  t: number;
  clockEpoch: number;
}

export interface WindowArrivals {
  decision: number;
  clockEpoch: number;
  cause: FireCause;
  onTime: number[];
  late: number[];
}

/** What names a window and its decision: an id comes again, in a later epoch, when the clock was set back. */
export interface WindowName {
  clockEpoch: number;
  decision: number;
}

export interface Decision {
  scene: string;
  id: number;
  clockEpoch: number;
  timestamp: number;
  cause: FireCause;
  m: number;
  fillRatio: number;
  bytes: number;
  latMean: number;
  p50: number;
  p90: number;
  p99: number;
  tailFactor: number;
  pred: number;
  gt: number;
  accRunning: number | null;
  confidence: number;
  views: number[];
  /** The name of class pred; null where the scene's model names no classes. */
  label: string | null;
  correct: boolean;
}

/** A token of a decision, and what it counted in the gate. */
export interface TokenShare {
  view: number;
  weight: number;
  capturedAt: number;
  receivedAt: number;
  quality: number;
  gt: number;
  bytes: number;
  encoding: string;
}

/** How a decision came about. */
export interface DecisionDetail {
  id: number;
  clockEpoch: number;
  beta: number;
  tokens: TokenShare[];
  trace: string | null;
}

/** Something that happened in a scene. */
export interface SceneEvent {
  number: number;
  activation: number;
  at: number;
  kind: 'Heard' | 'Missing' | 'Fault' | 'Mended' | 'SwitchedOff' | 'SwitchedOn' | 'Policy' | 'Clock' | 'Model' | 'Warning' | 'Adapted';
  text: string;
  view: number | null;
}

export interface SceneStatistics {
  decisions: number;
  byK: number;
  byT: number;
  late: number;
  duplicates: number;
  fillRatio: number | null;
  accuracy: number | null;
  latency: LatencySummary;
  fireLatency: LatencySummary;
}

export interface SceneSnapshot {
  scene: string;
  time: number;
  routing: SceneRouting;
  statistics: SceneStatistics;
  cameras: CameraHealth[];
  seconds: SceneSecond[];
  windows: WindowArrivals[];
  decisions: Decision[];
  clockStep: ClockStep | null;
  events: SceneEvent[];
}

/** How a gateway's clock was set: when, by the clock as it was set, and by how many seconds; below 0 back. */
export interface ClockStep {
  at: number;
  by: number;
}

export interface LiveUpdate {
  time: number;
  scenes: SceneOverview[];
  scene: SceneSnapshot | null;
  details: DecisionDetail[];
  cameraSwitches: boolean;
}

export interface SceneDescription {
  scene: string;
  dimension: number;
  classes: number;
  classNames: string[];
}

export interface DecisionPage {
  decisions: Decision[];
  next: string | null;
}

export interface ModelStatus {
  name: string;
  state: 'Unloaded' | 'Loading' | 'Loaded' | 'Failed';
  fault: string | null;
  bytes: number;
  longestText: number;
  running: number;
  waiting: number;
  stalled: number;
  pages: number;
  pagesRead: number;
  pagesRemembered: number;
  promptTokens: number;
  completionTokens: number;
  threads: number;
  givesEmbeddings: boolean;
}

/** What a language model did in about a second, and what it had at its end. */
export interface ModelSecond {
  time: number;
  prefilled: number;
  decoded: number;
  batch: number | null;
  running: number;
  waiting: number;
  stalled: number;
  pagesRead: number;
  pagesRemembered: number;
  ended: number;
  firstTokenP50: number | null;
  firstTokenP99: number | null;
  perTokenP50: number | null;
  perTokenP99: number | null;
  acceptance: number | null;
}

export interface ModelMinute {
  model: string;
  silo: string;
  from: number;
  to: number;
  texts: number;
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  firstTokenP50: number | null;
  firstTokenP99: number | null;
  perTokenP50: number | null;
  perTokenP99: number | null;
  batch: number | null;
  pagesPeak: number;
}

export interface ModelUpdate {
  time: number;
  models: ModelStatus[];
  seconds: ModelSecond[];
  /** Null where the silo has all of the model. */
  ring: RingStatus | null;
}

/** The stages of a language model on several silos, the starter's first. */
export interface RingStatus {
  /** Null while a stage is missing. */
  epoch: number | null;
  fault: string | null;
  isAuto: boolean;
  stages: RingStageStatus[];
  events: RingEvent[];
}

export interface RingStageStatus {
  silo: string;
  first: number;
  count: number;
  load: number | null;
  batchesPerSecond: number | null;
  waiting: number;
  bytes: number;
}

export interface RingEvent {
  time: number;
  kind: 'Whole' | 'Lost';
  text: string;
}

/** OpenAI's list of models, with what is ours. */
export interface ModelList {
  data: { id: string; status: ModelStatus }[];
}

/** RFC 9457; of language models OpenAI's shape. */
export interface Problem {
  title?: string;
  detail?: string;
  errors?: string[] | Record<string, string[]>;
  error?: { message?: string };
}
