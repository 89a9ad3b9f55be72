/** The expectation of a message follows from the message alone. */
import { expect, test } from 'vitest';
import type { Expectation, ExpectRule, MadeMessage, PipelineConfig } from '../../src/config/config.ts';
import { expecter } from '../../src/config/expectation.ts';
import { messageMaker } from '../../src/config/make-messages.ts';
import { OperationalError } from '../../src/errors.ts';

const pipeline = (expected?: unknown): PipelineConfig => ({
  source: { topic: 'in' },
  hops: { enriched: { topic: 'enriched' } },
  sinks: { table: { database: 'sqlite:x', table: 't' }, dlt: { topic: 'dlt', deadLetters: true } },
  ...(expected !== undefined && { expect: expected as NonNullable<PipelineConfig['expect']> }),
});

/** The expectation of the message with number 3. */
function expectationOf(expected: unknown, message: MadeMessage = { value: {} }): Expectation {
  const make = messageMaker({ make: () => message }, 'run', 7);
  return expecter(pipeline(expected))(make(3));
}

test('without expect, each hop and each sink but the dead letters is to have the message once', () => {
  expect(expectationOf(undefined)).toEqual({ at: { enriched: 'once', table: 'once' } });
});

test('a function decides by id, sequence, key, headers and value', () => {
  let seen: unknown;
  const message = { key: 'k', headers: { h: 'x' }, value: { a: 1 } };
  const at = { at: { table: 'once' } };
  expect(expectationOf((context: unknown) => ((seen = context), at), message)).toEqual(at);
  expect(seen).toEqual({ id: 'run-3', sequence: 3, key: 'k', headers: { h: 'x' }, value: { a: 1 } });
});

test('a function may give rules by hop and sink, and leave one out as undefined', () => {
  expect(expectationOf(() => ({ table: 'once', enriched: { times: 2 } }))).toEqual({
    at: { table: 'once', enriched: { times: 2 } },
  });
  expect(expectationOf(() => ({ table: 'once', enriched: undefined }))).toEqual({ at: { table: 'once' } });
});

test('a function may give each other expectation', () => {
  for (const expected of [
    { dropped: 'a' },
    { deadLettered: 'b' },
    { oneOf: 'table', among: ['table', 'enriched'] },
  ]) {
    expect(expectationOf(() => expected)).toEqual(expected);
  }
});

test('the first rule that fits decides, and if none does, each hop and sink is to have the message', () => {
  const rules: ExpectRule[] = [
    { when: { 'json:test': 'true' }, dropped: 'tests' },
    { when: { 'json:order.lines': '0', 'header:kind': 'order' }, deadLettered: 'empty' },
    { when: { key: 'k' }, at: { table: 'at-least-once' } },
  ];
  const of = (message: MadeMessage): Expectation => expectationOf(rules, message);
  expect(of({ key: 'k', value: { test: true } })).toEqual({ dropped: 'tests' });
  expect(of({ headers: { kind: 'order' }, value: { order: { lines: 0 } } })).toEqual({
    deadLettered: 'empty',
  });
  expect(of({ headers: { kind: Buffer.from('order') }, value: '{"order":{"lines":0}}' })).toEqual({
    deadLettered: 'empty',
  });
  expect(of({ key: 'k', value: { test: false } })).toEqual({ at: { table: 'at-least-once' } });
  for (const value of [
    { order: { lines: 0 } },
    { test: 'no' },
    { test: null },
    null,
    'no JSON',
    5,
    { order: null },
  ]) {
    expect(of({ value })).toEqual({ at: { enriched: 'once', table: 'once' } });
  }
});

test.each<[name: string, expected: () => unknown, sentence: string]>([
  [
    'an unknown sink',
    () => ({ tabel: 'once' }),
    'expect names "tabel", which is neither a hop nor a sink, for sequence 3. Did you mean table? They are: enriched, table, dlt.',
  ],
  [
    'an unknown sink of oneOf',
    () => ({ oneOf: 'table', among: ['table', 'enrichd'] }),
    'expect names "enrichd", which is neither a hop nor a sink, for sequence 3. Did you mean enriched?',
  ],
  ['an unknown sink in at', () => ({ at: { x: 'once' } }), 'expect names "x"'],
  ['nothing', () => undefined, 'expect gives undefined, for sequence 3. It gives rules by hop and sink'],
  ['a truth value', () => false, 'expect gives false, for sequence 3.'],
  ['a promise', async () => ({ dropped: 'a' }), 'expect gives a promise, for sequence 3.'],
  [
    'no rules',
    () => ({}),
    "expect names no hop and no sink, for sequence 3. If the message is to be dropped: dropped('why').",
  ],
  ['undefined rules alone', () => ({ table: undefined }), 'expect names no hop and no sink'],
  [
    'a rule that is none',
    () => ({ table: 'twice' }),
    'expect gives for table no rule. Write once, at-least-once',
  ],
  ['a rule that was not called', () => ({ table: () => 'once' }), 'for sequence 3. Call it: once().'],
  [
    'a negative number of times',
    () => ({ table: { times: -1 } }),
    'expect gives for table no number of records or rows.',
  ],
  [
    'two expectations',
    () => ({ dropped: 'a', table: 'once' }),
    'which is more than one expectation, for sequence 3.',
  ],
  ['two kinds', () => ({ dropped: 'a', deadLettered: 'b' }), 'which is more than one expectation'],
  [
    'an error',
    () => {
      throw new Error('no good');
    },
    'expect threw Error: no good',
  ],
  [
    'another one each time',
    () => ({ dropped: String(Math.random()) }),
    'expect gives another expectation each time. For sequence 3:',
  ],
])('a function that gives %s is refused', (_, expected, sentence) => {
  let refusal: unknown;
  try {
    expectationOf(expected);
  } catch (error) {
    refusal = error;
  }
  if (!(refusal instanceof OperationalError)) throw refusal;
  expect([refusal.exitCode, `${refusal.message} ${refusal.hint ?? ''}`]).toEqual([
    64,
    expect.stringContaining(sentence),
  ]);
});

test('deadLettered is refused if nothing takes dead letters', () => {
  const { hops: _, ...rest } = pipeline(() => ({ deadLettered: 'a' }));
  const without = { ...rest, sinks: { table: rest.sinks['table']! } };
  expect(() => expecter(without)(messageMaker(undefined, 'run', 7)(0))).toThrow(
    'no hop or sink takes dead letters',
  );
});
