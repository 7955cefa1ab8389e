import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision, LiveUpdate, SceneOverview, ScenePolicy, SceneSecond, SceneSnapshot, WindowArrivals } from '../src/contract.ts';
import { arrivalOf, differences, most, SceneModel, withNews } from '../src/model.ts';

const policy: ScenePolicy = {
  k: 3, n: 4, t: 120, w: 100, linger: 250, keying: 'Timestamp', beta: null,
  timeout: 'Fixed', tMin: 2, tMax: 250, quantile: 0.95, margin: 2, kMin: null,
};
const nothing = { count: 0, p50: null, p90: null, p99: null, max: null, tailFactor: null };

const decision = (id: number): Decision => ({
  scene: 's', id, clockEpoch: 0, timestamp: id / 10, cause: 'K', m: 3, fillRatio: 0.75, bytes: 336, latMean: 0.01, p50: 0.01, p90: 0.01, p99: 0.01, tailFactor: 1,
  pred: 1, gt: 1, accRunning: 1, confidence: 0.9, views: [0, 1, 2], label: null, correct: true,
});
const window = (id: number, late: number[] = []): WindowArrivals => ({ decision: id, clockEpoch: 0, cause: 'K', onTime: [0, 1, 2], late });
const second = (at: number): SceneSecond => ({
  second: at, decisions: 10, byK: 10, tokens: 30, bytes: 3360, fillRatio: 0.75, labelled: 10, correct: 9, accRunning: 0.9, latency: nothing, t: 120,
});
const range = <T>(from: number, to: number, of: (at: number) => T): T[] => Array.from({ length: to - from }, (_, at) => of(from + at));

function update(time: number, parts: Partial<SceneSnapshot> = {}): LiveUpdate {
  const statistics = { decisions: 0, byK: 0, byT: 0, late: 0, duplicates: 0, fillRatio: 1, accuracy: 1, latency: nothing, fireLatency: nothing };
  const routing = { dimension: 16, current: policy, currentFrom: 0, previous: policy, version: 0, clockEpoch: 0, currentInForce: null, previousInForce: null };
  const scene = { scene: 's', time, routing, statistics, cameras: [], seconds: [], windows: [], decisions: [], clockStep: null, events: [], ...parts };
  return { time, scenes: [], scene, details: [], cameraSwitches: false };
}
const counted = (decisions: number) => ({ statistics: { ...update(0).scene!.statistics, decisions } });

test('updates that overlap are merged by second, window and decision', () => {
  const model = new SceneModel('s');
  model.merge(update(10, { seconds: range(0, 10, second), windows: range(0, 20, id => window(id)), decisions: range(0, 20, decision) }));
  model.merge(update(11, { seconds: range(8, 11, second), windows: range(10, 22, id => window(id)), decisions: range(18, 22, decision) }));
  assert.deepEqual(model.seconds.map(one => one.second), range(0, 11, at => at));
  assert.deepEqual(model.windows.map(one => one.decision), range(0, 22, at => at));
  assert.deepEqual(model.decisions.map(one => one.id), range(0, 22, at => at));
});

test('a late view that becomes known later changes its window in place', () => {
  const model = new SceneModel('s');
  model.merge(update(1, { windows: [window(1), window(2)] }));
  model.merge(update(2, { windows: [window(1, [3]), window(2), window(3)] }));
  assert.deepEqual(model.windows.map(one => [one.decision, one.late.length]), [[1, 1], [2, 0], [3, 0]]);
});

test('what is kept is bounded, and the oldest goes', () => {
  const model = new SceneModel('s');
  for (let at = 0; at < 400; at++) {
    model.merge(update(at, { seconds: [second(at)], windows: range(at * 10, at * 10 + 10, id => window(id)), decisions: range(at * 10, at * 10 + 10, decision) }));
  }
  assert.deepEqual([model.seconds.length, model.windows.length, model.decisions.length, model.views.length], [most.seconds, most.windows, most.decisions, most.seconds]);
  assert.equal(model.seconds.at(-1)?.second, 399);
  assert.equal(model.decisions[0]?.id, 4000 - most.decisions);
});

test('after a reconnection the past of the new connection fills the gap', () => {
  const model = new SceneModel('s');
  model.merge(update(10, { seconds: range(0, 10, second), decisions: range(0, 100, decision), ...counted(100) }));
  model.merge(update(30, { seconds: range(0, 30, second), decisions: range(100, 300, decision), ...counted(300) }));
  assert.deepEqual(model.seconds.map(one => one.second), range(0, 30, at => at));
  assert.equal(model.decisions.length, 300);
  assert.equal(model.untold, 0);
});

test('decisions that were not told one by one are counted', () => {
  const model = new SceneModel('s');
  model.merge(update(1, { decisions: range(0, 32, decision), ...counted(5000) }));
  assert.equal(model.untold, 0, 'what was before the page was opened');
  model.merge(update(2, { decisions: range(100, 132, decision), ...counted(5100) }));
  assert.equal(model.untold, 68);
  model.merge(update(3, { decisions: range(200, 210, decision), ...counted(10) }));
  assert.equal(model.untold, 68, 'the silo was started anew and counts from 0');
});

test('ids that fall, as where W grows, keep the order of arrival', () => {
  const model = new SceneModel('s');
  model.merge(update(1, { windows: [window(1000), window(1001)] }));
  model.merge(update(2, { windows: [window(1001), window(501)] }));
  assert.deepEqual(model.windows.map(one => one.decision), [1000, 1001, 501]);
});

test('a change of policy is noted once, with what it was before', () => {
  const model = new SceneModel('s');
  const changed = { routing: { dimension: 16, current: { ...policy, k: 2 }, currentFrom: 5.6, previous: policy, version: 1, clockEpoch: 0, currentInForce: null, previousInForce: null } };
  model.merge(update(4, { seconds: [second(3)] }));
  model.merge(update(5, changed));
  model.merge(update(5.1, changed));
  assert.deepEqual(model.changes.map(change => [change.from, differences(change.before, change.after)]), [[5.6, 'K 3 → 2']]);
});

test('a change from before all that is shown is none', () => {
  const model = new SceneModel('s');
  const routing = { dimension: 16, current: { ...policy, k: 2 }, currentFrom: 50, previous: policy, version: 7, clockEpoch: 0, currentInForce: null, previousInForce: null };
  model.merge(update(400, { seconds: range(100, 400, second), routing }));
  model.merge(update(401, { seconds: [second(400)], routing }));
  assert.deepEqual(model.changes, []);
});

test('ids that come again in another clock epoch are other windows and decisions, and the charts begin anew', () => {
  const model = new SceneModel('s');
  const again = { clockEpoch: 1 };
  model.merge(update(110, { seconds: range(100, 110, second), windows: [window(1), window(2)], decisions: [decision(1), decision(2)] }));
  model.merge(update(80, { seconds: [second(79)], windows: [window(2), { ...window(1, [3]), ...again }], decisions: [{ ...decision(1), ...again }] }));
  assert.deepEqual(model.windows.map(one => [one.decision, one.clockEpoch, one.late.length]), [[1, 0, 0], [2, 0, 0], [1, 1, 1]]);
  assert.deepEqual(model.decisions.map(one => [one.id, one.clockEpoch]), [[1, 0], [2, 0], [1, 1]]);
  assert.deepEqual(model.seconds.map(one => one.second), [79]);
});

test('an update of another scene is not taken in', () => {
  const model = new SceneModel('other');
  model.merge(update(1, { decisions: [decision(1)] }));
  assert.equal(model.decisions.length, 0);
  assert.equal(model.routing, null);
});

test('a missing camera sends nothing, whatever it sent before', () => {
  const model = new SceneModel('s');
  const camera = { view: 0, camera: 'door', timing: 'Missing' as const, lastTokenAt: 1, tokens: 5, bytes: 500, rateHz: 10, kbps: 9, lost: 0, jitter: 0, clockOffset: 0, onTime: 5, late: 0, fault: null, declared: null, switchedOff: false, givesPictures: false, copies: 0, saved: 0, lossRatio: 0 };
  model.merge(update(1, { cameras: [camera, { ...camera, view: 1, timing: 'OnTime' }] }));
  assert.deepEqual([...(model.views[0]?.kbps ?? [])], [[0, 0], [1, 9]]);
});

test('a window is settled when it was told of after it had gone, and never if it was not', () => {
  const model = new SceneModel('s');
  model.merge(update(10, { windows: [window(99), window(100)], decisions: [decision(99), decision(100)] }));
  assert.equal(model.isSettled(window(100)), false, 'just fired: its late tokens are still to come');
  model.merge(update(11, { windows: [window(100)] }));
  assert.equal(model.isSettled(window(100)), true);
  assert.equal(model.isSettled(window(99)), false, 'the silo told of it no more: who was late is not known');
});

test('who is not in is missing only when the window is settled', () => {
  const arrivals = [0, 3, 4].map(view => [arrivalOf(window(1, [3]), view, true), arrivalOf(window(1, [3]), view, false)]);
  assert.deepEqual(arrivals, [['in', 'in'], ['late', 'late'], ['missing', 'open']]);
});

test('lines that an update has replace those of before, in place; the others stay', () => {
  const line = (scene: string, decisions: number): SceneOverview => ({
    scene, policy, decisions, decisionsPerSecond: 0, byKPerSecond: 0, latency: nothing, accRunning: null, cameras: [], open: false,
    fault: null,
  });
  const shown = withNews([line('a', 1), line('b', 1), line('c', 1)], [line('c', 2), line('a', 3), line('d', 4)]);
  assert.deepEqual(shown.map(scene => [scene.scene, scene.decisions]), [['a', 3], ['b', 1], ['c', 2], ['d', 4]]);
  assert.deepEqual(withNews([], shown), shown);
});

test('events are kept once, whatever connection tells them', () => {
  const model = new SceneModel('s');
  const event = (number: number, activation = 1) => ({ number, activation, at: number, kind: 'Missing' as const, text: 'door is missing', view: 0 });
  model.merge(update(1, { events: [event(1), event(2)] }));
  const before = model.events;
  model.merge(update(2, { events: [event(2)] }));
  assert.equal(model.events, before, 'the list that is drawn stays as it is');
  model.merge(update(3, { events: [event(2), event(3), event(1, 2)] }));
  assert.deepEqual(model.events.map(one => [one.activation, one.number]), [[1, 1], [1, 2], [1, 3], [2, 1]]);
});

test('a decision finds how it came about', () => {
  const model = new SceneModel('s');
  const detail = (id: number) => ({ id, clockEpoch: 0, beta: 1, tokens: [], trace: null });
  model.merge({ ...update(1, { decisions: [decision(1), decision(2)] }), details: [detail(2)] });
  assert.equal(model.lastDecision?.id, 2);
  assert.equal(model.detail(decision(2))?.id, 2);
  assert.equal(model.detail(decision(1)), undefined);
  assert.equal(model.detail({ ...decision(2), clockEpoch: 1 }), undefined, 'of another clock epoch');
});
