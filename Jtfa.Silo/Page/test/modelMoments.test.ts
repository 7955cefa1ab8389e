import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelMinute } from '../src/contract.ts';
import { momentsOfModelMinutes } from '../src/modelMoments.ts';

const minute = (at: number, parts: Partial<ModelMinute> = {}): ModelMinute => ({
  model: 'm', silo: 'a:1', from: at * 60, to: at * 60 + 60, texts: 6, promptTokens: 900, cachedTokens: 300, completionTokens: 1200,
  firstTokenP50: 0.02, firstTokenP99: 0.04, perTokenP50: 0.01, perTokenP99: 0.02, batch: 3, pagesPeak: 12, ...parts,
});

test('a minute of the log is told by the second, without what was remembered of prompts', () => {
  const [one] = momentsOfModelMinutes([minute(5)]);
  assert.deepEqual([one?.from, one?.to, one?.prefilled, one?.decoded, one?.pagesRead, one?.running], [300, 360, 10, 20, 12, null]);
});

test('minutes of several silos are one, minutes without a row are a gap', () => {
  const moments = momentsOfModelMinutes([minute(5), minute(5, { silo: 'b:1', texts: 7, completionTokens: 600, firstTokenP50: 0.5, pagesPeak: 5 }), minute(8)]);
  assert.deepEqual(moments.map(one => [one.from, one.to, one.decoded, one.firstTokenP50, one.pagesRead]), [
    [300, 360, 30, 0.5, 12], [360, 480, null, null, null], [480, 540, 20, 0.02, 12],
  ]);
});
