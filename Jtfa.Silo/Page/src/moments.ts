import type { SceneMinute, SceneSecond } from './contract.ts';

/** What the charts show of a stretch of time: a second that the scene remembers, or a minute of the log. */
export interface Moment {
  from: number;
  to: number;
  /** Decisions a second. */
  decisions: number | null;
  /** Of these, by K. */
  byK: number | null;
  p50: number | null;
  p90: number | null;
  p99: number | null;
  tailFactor: number | null;
  /** T of the policy, milliseconds. */
  t: number | null;
  /** Recent accuracy: of ten seconds, or of the minute. */
  recent: number | null;
  /** The scene's running accuracy; the log's minutes do not have it. */
  running: number | null;
}

// A silence of at least this long is a gap in the lines: a whole minute without a row.
const gapSeconds = 60;

/** A scene's seconds, oldest first. */
export function momentsOfSeconds(seconds: readonly SceneSecond[]): Moment[] {
  return seconds.map((second, index) => {
    const { p50, p90, p99, tailFactor } = second.latency;
    return {
      from: second.second, to: second.second + 1, decisions: second.decisions, byK: second.byK, p50, p90, p99, tailFactor,
      t: second.t > 0 ? second.t : null, recent: recentAt(seconds, index), running: second.accRunning,
    };
  });
}

/** The log's minutes, oldest first; where there were none, a moment of nothing. */
export function momentsOfMinutes(minutes: readonly SceneMinute[]): Moment[] {
  const moments: Moment[] = [];
  for (const one of wholeMinutes(minutes)) {
    const last = moments.at(-1);
    if (last !== undefined && one.from - last.to >= gapSeconds) moments.push(nothing(last.to, one.from));
    const length = Math.max(1, one.to - one.from);
    const { from, to, p50, p90, p99, tailFactor, t } = one;
    moments.push({
      from, to, decisions: one.decisions / length, byK: one.byK / length, p50, p90, p99, tailFactor, t,
      recent: one.labelled > 0 ? one.correct / one.labelled : null, running: null,
    });
  }
  return moments;
}

// A minute in which the scene moved is in parts: their counts are added, and the part with more decisions stands for the latencies.
function wholeMinutes(minutes: readonly SceneMinute[]): SceneMinute[] {
  const whole: SceneMinute[] = [];
  for (const part of minutes) {
    const before = whole.at(-1);
    if (before === undefined || Math.floor(before.from / 60) !== Math.floor(part.from / 60)) {
      whole.push(part);
      continue;
    }
    whole[whole.length - 1] = {
      ...(part.decisions > before.decisions ? part : before),
      from: before.from, to: part.to, decisions: before.decisions + part.decisions, byK: before.byK + part.byK,
      labelled: before.labelled + part.labelled, correct: before.correct + part.correct, t: part.t,
    };
  }
  return whole;
}

function nothing(from: number, to: number): Moment {
  return { from, to, decisions: null, byK: null, p50: null, p90: null, p99: null, tailFactor: null, t: null, recent: null, running: null };
}

function recentAt(seconds: readonly SceneSecond[], index: number): number | null {
  const end = seconds[index]?.second ?? 0;
  let [labelled, correct] = [0, 0];
  for (let at = index; at >= 0; at--) {
    const one = seconds[at];
    if (one === undefined || one.second <= end - 10) break;
    labelled += one.labelled;
    correct += one.correct;
  }
  return labelled > 0 ? correct / labelled : null;
}
