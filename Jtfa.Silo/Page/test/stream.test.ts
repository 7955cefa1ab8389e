import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventReader } from '../src/stream.ts';

const text = 'event: live\ndata: {"a":1}\n\n: still there\n\nevent: live\ndata: one\ndata: two\n\ndata:bare\n\n';
const expected = [['live', '{"a":1}'], ['live', 'one\ntwo'], ['message', 'bare']];

test('events are the same however the stream is cut', () => {
  for (let size = 1; size <= text.length; size++) {
    const seen: string[][] = [];
    const reader = new EventReader((event, data) => seen.push([event, data]));
    for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
    assert.deepEqual(seen, expected, `in pieces of ${size}`);
  }
});

test('what is not finished is not told', () => {
  const seen: string[] = [];
  new EventReader((_, data) => seen.push(data)).push('event: live\ndata: {"a"');
  assert.deepEqual(seen, []);
});
