import type { ModelMinute, ModelSecond } from './contract.ts';

/** What the charts show of a model: a second that the silo remembers, or a minute of the log. Null: it is not known, or there was none. */
export interface ModelMoment {
  from: number;
  to: number;
  /** Text tokens of prompts computed, a second. */
  prefilled: number | null;
  /** Text tokens written, a second. */
  decoded: number | null;
  firstTokenP50: number | null;
  firstTokenP99: number | null;
  perTokenP50: number | null;
  perTokenP99: number | null;
  batch: number | null;
  /** Only of seconds. */
  running: number | null;
  waiting: number | null;
  stalled: number | null;
  /** Of a minute the most that were read at once. */
  pagesRead: number | null;
  pagesRemembered: number | null;
}

const minuteSeconds = 60;

/** A model's seconds, oldest first. */
export function momentsOfModelSeconds(seconds: readonly ModelSecond[]): ModelMoment[] {
  return seconds.map(second => ({ ...second, from: second.time - 1, to: second.time }));
}

/** The log's minutes of a model, oldest first; where there were none, a moment of nothing. */
export function momentsOfModelMinutes(minutes: readonly ModelMinute[]): ModelMoment[] {
  const moments: ModelMoment[] = [];
  for (const one of wholeMinutes(minutes)) {
    const last = moments.at(-1);
    if (last !== undefined && one.from - last.to >= minuteSeconds) moments.push(nothing(last.to, one.from));
    const length = Math.max(1, one.to - one.from);
    const { from, to, firstTokenP50, firstTokenP99, perTokenP50, perTokenP99, batch, pagesPeak } = one;
    moments.push({
      from, to, firstTokenP50, firstTokenP99, perTokenP50, perTokenP99, batch, prefilled: (one.promptTokens - one.cachedTokens) / length,
      decoded: one.completionTokens / length, running: null, waiting: null, stalled: null, pagesRead: pagesPeak, pagesRemembered: null,
    });
  }
  return moments;
}

// Several silos may serve a model, and a silo that was restarted has a part of a minute: counts are added, and the part with more texts
// stands for the times.
function wholeMinutes(minutes: readonly ModelMinute[]): ModelMinute[] {
  const whole: ModelMinute[] = [];
  for (const part of minutes) {
    const before = whole.at(-1);
    if (before === undefined || Math.floor(before.from / minuteSeconds) !== Math.floor(part.from / minuteSeconds)) {
      whole.push(part);
      continue;
    }
    whole[whole.length - 1] = {
      ...(part.texts > before.texts ? part : before),
      from: before.from, to: Math.max(before.to, part.to), texts: before.texts + part.texts,
      promptTokens: before.promptTokens + part.promptTokens, cachedTokens: before.cachedTokens + part.cachedTokens,
      completionTokens: before.completionTokens + part.completionTokens, pagesPeak: Math.max(before.pagesPeak, part.pagesPeak),
    };
  }
  return whole;
}

function nothing(from: number, to: number): ModelMoment {
  return {
    from, to, prefilled: null, decoded: null, firstTokenP50: null, firstTokenP99: null, perTokenP50: null, perTokenP99: null, batch: null,
    running: null, waiting: null, stalled: null, pagesRead: null, pagesRemembered: null,
  };
}
