import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SceneMinute, SceneSecond } from '../src/contract.ts';
import { momentsOfMinutes, momentsOfSeconds } from '../src/moments.ts';

const minute = (at: number, parts: Partial<SceneMinute> = {}): SceneMinute => ({
  scene: 's', from: at * 60, to: at * 60 + 60, decisions: 600, byK: 540, byT: 60, tokens: 1800, fillRatio: 0.75, p50: 0.02, p90: 0.03, p99: 0.04,
  tailFactor: 2, bytes: 1000, late: 0, lost: 0, labelled: 500, correct: 400, accuracy: 0.8, k: 3, t: 120, clockEpoch: 0, ...parts,
});
const second = (at: number, labelled: number, correct: number): SceneSecond => ({
  second: at, decisions: 10, byK: 9, tokens: 30, bytes: 3360, fillRatio: 0.75, labelled, correct, accRunning: 0.9, t: 120,
  latency: { count: 10, p50: 0.01, p90: 0.02, p99: 0.03, max: 0.03, tailFactor: 3 },
});

test('a minute of the log is told by the second', () => {
  const [one] = momentsOfMinutes([minute(5)]);
  assert.deepEqual([one?.from, one?.to, one?.decisions, one?.byK, one?.recent, one?.running], [300, 360, 10, 9, 0.8, null]);
});

test('minutes without a row are a gap, a short break between two parts is none', () => {
  const moments = momentsOfMinutes([minute(5), minute(6, { to: 390 }), minute(6, { from: 395, decisions: 100, p50: 0.5 }), minute(9)]);
  assert.deepEqual(moments.map(one => [one.from, one.to, one.p50]), [[300, 360, 0.02], [360, 420, 0.02], [420, 540, null], [540, 600, 0.02]]);
  assert.equal(moments[1]?.decisions, 700 / 60);
});

test('a minute without decisions has no latency and no accuracy', () => {
  const [one] = momentsOfMinutes([minute(5, { decisions: 0, byK: 0, p50: null, p90: null, p99: null, tailFactor: null, labelled: 0, correct: 0 })]);
  assert.deepEqual([one?.decisions, one?.p50, one?.recent], [0, null, null]);
});

test('the accuracy of late is over the ten seconds before', () => {
  const seconds = Array.from({ length: 15 }, (_, at) => second(at, at === 0 ? 10 : 1, at === 0 ? 0 : 1));
  const moments = momentsOfSeconds(seconds);
  assert.equal(moments[9]?.recent, 9 / 19);
  assert.equal(moments[10]?.recent, 1);
  assert.deepEqual([moments[14]?.from, moments[14]?.to, moments[14]?.tailFactor], [14, 15, 3]);
});
