import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScenePolicy, SceneRouting } from '../src/contract.ts';
import type { Outcome } from '../src/steering.ts';
import { settleMs, Steering } from '../src/steering.ts';

const policy: ScenePolicy = {
  k: 3, n: 4, t: 120, w: 100, linger: 250, keying: 'Timestamp', beta: null,
  timeout: 'Fixed', tMin: 2, tMax: 250, quantile: 0.95, margin: 2, kMin: null,
};
const routing = (current: ScenePolicy, version: number): SceneRouting => ({ dimension: 16, current, currentFrom: 1, previous: policy, version, clockEpoch: 0, currentInForce: null, previousInForce: null });

/** A steering whose requests the test answers. */
function stage() {
  const asked: { policy: ScenePolicy; answer: (outcome: Outcome) => Promise<void> }[] = [];
  const steering = new Steering(
    wanted => new Promise(resolve => asked.push({ policy: wanted, answer: async outcome => { resolve(outcome); await Promise.resolve(); await Promise.resolve(); } })),
    () => undefined);
  steering.take(routing(policy, 0));
  return { steering, asked };
}

test('wishes in quick succession are one request, of the last', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { steering, asked } = stage();
  for (const value of [110, 100, 90]) {
    steering.wish({ t: value });
    t.mock.timers.tick(settleMs - 1);
  }
  assert.equal(asked.length, 0);
  t.mock.timers.tick(1);
  assert.deepEqual(asked.map(one => one.policy), [{ ...policy, t: 90 }]);
});

test('one request at a time: what was wished meanwhile goes when it is answered', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { steering, asked } = stage();
  steering.wish({ k: 2 });
  t.mock.timers.tick(settleMs);
  steering.wish({ t: 50 });
  t.mock.timers.tick(settleMs);
  steering.wish({ t: 40 });
  t.mock.timers.tick(settleMs);
  assert.equal(asked.length, 1);
  assert.deepEqual(steering.shown, { ...policy, k: 2, t: 40 });
  await asked[0]?.answer({ routing: routing({ ...policy, k: 2 }, 1) });
  assert.deepEqual(asked.map(one => one.policy).slice(1), [{ ...policy, k: 2, t: 40 }]);
});

test('the silo\'s policy is shown unless the user is at it, and an older one never after the answer', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { steering, asked } = stage();
  steering.take(routing({ ...policy, w: 200 }, 1));
  assert.equal(steering.shown?.w, 200);
  steering.wish({ k: 1 });
  steering.take(routing({ ...policy, w: 300 }, 2));
  assert.deepEqual([steering.shown?.k, steering.shown?.w], [1, 300], 'another client\'s W stands beside the wish for K');
  t.mock.timers.tick(settleMs);
  await asked[0]?.answer({ routing: routing({ ...policy, w: 300, k: 1 }, 3) });
  steering.take(routing({ ...policy, w: 300 }, 2));
  assert.equal(steering.shown?.k, 1);
  steering.take(routing({ ...policy, k: 4 }, 4));
  assert.equal(steering.shown?.k, 4);
});

test('a wish that is refused says why and leaves the policy', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { steering, asked } = stage();
  steering.wish({ t: 99_999 });
  t.mock.timers.tick(settleMs);
  await asked[0]?.answer({ faults: ['T=99999 ms: allowed is above 0 … 60000 ms'] });
  assert.deepEqual(steering.phase, { is: 'refused', faults: ['T=99999 ms: allowed is above 0 … 60000 ms'] });
  assert.deepEqual(steering.shown, policy);
});
