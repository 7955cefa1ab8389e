import type { ClockStep } from './contract.ts';

const none = '–';

/** Seconds as milliseconds, three digits: 0.42, 4.2, 42, 420. */
export function milliseconds(seconds: number | null | undefined): string {
  return seconds === null || seconds === undefined ? none : digits(seconds * 1000);
}

/** A number with about three digits. */
export function digits(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  return size >= 1e4 ? `${Math.round(value / 1000)} k` : value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/** Bytes with about three digits: 24.3 MiB. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [value, unit] = [count, 0];
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : digits(value)} ${units[unit]}`;
}

/** A number of an axis: 0.5, 5, 50, 5 k. */
export function short(value: number): string {
  return value >= 10_000 ? `${value / 1000} k` : String(Number(value.toPrecision(3)));
}

export function percent(share: number | null | undefined, places = 0): string {
  return share === null || share === undefined || !Number.isFinite(share) ? none : `${(share * 100).toFixed(places)} %`;
}

export function clock(seconds: number): string {
  // Not by the locale's formatter: it takes a tenth of a millisecond, and this is asked for hundreds of times a second.
  const date = new Date(seconds * 1000);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(part => String(part).padStart(2, '0')).join(':');
}

/** A duration, a second and up: 12 s, 3 min, 2 h. */
export function duration(seconds: number): string {
  return seconds < 100 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

export function nameOf(camera: { view: number; camera: string | null }): string {
  return camera.camera ?? `view ${camera.view}`;
}

/** What a clock that was set means: "The clock was set back by 30.0 s at 12:00:00. …" */
export function stepWords({ at, by }: ClockStep): string {
  const words = `The clock was set ${by < 0 ? 'back' : 'forward'} by ${Math.abs(by).toFixed(1)} s at ${clock(at)}. Decisions go on`;
  return by < 0 ? `${words}, in a new clock epoch; the charts begin anew.` : `${words}.`;
}
