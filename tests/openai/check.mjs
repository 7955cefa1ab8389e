// What OpenAI's own client for JavaScript gets of a silo. OpenAIJavaScriptTests runs it, with the URL of a silo whose narrow model is taken,
// and of one that wants a token.
import assert from 'node:assert/strict';
import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from 'openai';

const [silo, guarded] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${silo}v1`, apiKey: 'any', maxRetries: 0 });
const model = 'small';
const messages = [
  { role: 'system', content: 'Be short.' },
  { role: 'user', content: [{ type: 'text', text: 'What is a silo?' }] },
];
const plain = { model, messages, max_completion_tokens: 40, temperature: 0.7, seed: 7, logit_bias: { 2: -100 } };
const schema = {
  type: 'object',
  properties: { full: { type: 'boolean' } },
  required: ['full'],
  additionalProperties: false,
};
const fill = { type: 'function', function: { name: 'fill', description: 'Fills a silo.', parameters: schema } };
const mustFill = {
  ...plain,
  max_completion_tokens: 200,
  tools: [fill],
  tool_choice: { type: 'function', function: { name: 'fill' } },
};

async function models() {
  const listed = [];
  for await (const one of client.models.list()) listed.push(one.id);
  assert.deepEqual(listed, ['small', 'narrow', 'short', 'encoder', 'tight']);
  const one = await client.models.retrieve(model);
  assert.deepEqual([one.id, one.object, one.owned_by], [model, 'model', 'jtfa']);
}

async function completion() {
  const said = await client.completions.create({ model, prompt: 'Once', max_tokens: 12, logit_bias: { 2: -100 }, logprobs: 2 });
  assert.equal(said.choices[0].finish_reason, 'length');
  assert.equal(said.usage.completion_tokens, 12);
  assert.equal(said.choices[0].logprobs.tokens.length, 12);
}

async function chat() {
  const whole = await client.chat.completions.create(plain);
  const stream = await client.chat.completions.create({ ...plain, stream: true, stream_options: { include_usage: true } });
  let [text, usage, finish] = ['', null, null];
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    finish ??= chunk.choices[0]?.finish_reason;
    usage ??= chunk.usage;
  }

  assert.equal(text, whole.choices[0].message.content);
  assert.notEqual(text, '');
  assert.deepEqual([finish, whole.choices[0].finish_reason], ['length', 'length']);
  assert.deepEqual([usage.completion_tokens, usage.prompt_tokens], [40, whole.usage.prompt_tokens]);
  assert.equal(usage.total_tokens, 40 + usage.prompt_tokens);
}

async function cancelled() {
  const stream = await client.chat.completions.create({ ...plain, max_completion_tokens: 60_000, stream: true });
  for await (const chunk of stream) if (chunk.choices[0].delta.content) stream.controller.abort();
}

async function jsonSchema() {
  const format = { type: 'json_schema', json_schema: { name: 'silo', strict: true, schema } };
  const said = await client.chat.completions.parse({ ...plain, response_format: format });
  assert.equal(typeof JSON.parse(said.choices[0].message.content).full, 'boolean');
  assert.equal(said.choices[0].finish_reason, 'stop');
}

async function tools() {
  for (const said of [
    await client.chat.completions.create(mustFill),
    await client.chat.completions.stream(mustFill).finalChatCompletion(),
  ]) {
    assert.equal(said.choices[0].finish_reason, 'tool_calls');
    assert.equal(said.choices[0].message.tool_calls.length, 1);
    const call = said.choices[0].message.tool_calls[0];
    assert.deepEqual([call.type, call.function.name], ['function', 'fill']);
    assert.equal(typeof JSON.parse(call.function.arguments).full, 'boolean');
    const after = [...messages, said.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'It is full.' }];
    const answer = await client.chat.completions.create({ ...plain, messages: after, tools: [fill] });
    assert.notEqual(answer.choices[0].message.content, '');
  }
}

async function embeddings() {
  const input = ['A silo', 'A tower for grain'];
  const packed = await client.embeddings.create({ model: 'encoder', input }); // this client asks for base64
  const numbers = await client.embeddings.create({ model: 'encoder', input, encoding_format: 'float' });
  assert.equal(packed.data.length, 2);
  for (const [i, one] of packed.data.entries())
    assert.deepEqual([...one.embedding], numbers.data[i].embedding.map(Math.fround));
  assert.equal(packed.usage.prompt_tokens, numbers.usage.prompt_tokens);
}

async function faults() {
  await assert.rejects(client.chat.completions.create({ ...plain, temperature: -1 }), BadRequestError);
  await assert.rejects(client.chat.completions.create({ ...plain, model: 'nothing' }), fault =>
    fault instanceof NotFoundError && fault.code === 'model_not_found' && fault.message.includes('nothing'));
  await assert.rejects(client.chat.completions.create({ ...plain, model: 'narrow' }), fault =>
    fault instanceof RateLimitError && Number(fault.headers.get('retry-after')) >= 1);
  const stranger = new OpenAI({ baseURL: `${guarded}v1`, apiKey: 'wrong', maxRetries: 0 });
  await assert.rejects(stranger.chat.completions.create(plain), AuthenticationError);
}

for (const check of [models, completion, chat, cancelled, jsonSchema, tools, embeddings, faults]) {
  try {
    await check();
  } catch (fault) {
    console.error(`${check.name}: ${fault.stack}`);
    process.exitCode = 1;
  }
}
