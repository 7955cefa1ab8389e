import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerReader, requestOf } from '../src/talk.ts';

const chunk = (delta: object, more: object = {}) => `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null, ...more }] })}\n\n`;
const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } } })}\n\n`;
const whole = `:\n\n${chunk({ role: 'assistant', content: '' })}${chunk({ content: 'a <b>' })}${chunk({ content: ' ü\n\ndata: [DONE]' })}${chunk({}, { finish_reason: 'length' })}${usage}data: [DONE]\n\n`;

function read(text: string, size: number) {
  let said = '';
  const reader = new AnswerReader(piece => (said += piece));
  for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
  return { said, reader };
}

test('an answer is the same however its stream is cut', () => {
  for (let size = 1; size <= whole.length; size++) {
    const { said, reader } = read(whole, size);
    assert.equal(said, 'a <b> ü\n\ndata: [DONE]', `in pieces of ${size}`);
    assert.deepEqual([reader.finish, reader.isWhole, reader.fault], ['length', true, null]);
    assert.deepEqual(reader.usage, { prompt: 9, cached: 4, written: 2 });
  }
});

test('an answer that breaks off says why, or is not whole', () => {
  const broken = read(`${chunk({ content: 'a' })}data: {"error":{"message":"The silo stops.","type":"server_error"}}\n\n`, 7);
  assert.deepEqual([broken.said, broken.reader.fault, broken.reader.isWhole], ['a', 'The silo stops.', false]);
  const cut = read(chunk({ content: 'a' }), 5);
  assert.deepEqual([cut.said, cut.reader.fault, cut.reader.isWhole], ['a', null, false]);
});

test('a request has what was wished and leaves out the rest', () => {
  const turns = [{ role: 'user', content: 'Hi' }] as const;
  const plain = requestOf('m', turns, { system: ' ', temperature: null, seed: null, most: null });
  assert.deepEqual(plain, { model: 'm', messages: turns, stream: true, stream_options: { include_usage: true } });
  const wished = requestOf('m', turns, { system: 'Be brief.', temperature: 0, seed: 0, most: 5 });
  assert.deepEqual(wished, {
    ...plain, messages: [{ role: 'system', content: 'Be brief.' }, ...turns], temperature: 0, seed: 0, max_tokens: 5,
  });
});
