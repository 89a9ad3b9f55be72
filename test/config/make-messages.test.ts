/** Messages follow from the config, the run's id, the seed and the sequence, and from nothing else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MadeMessage, MakeFunction, MessagesConfig } from '../../src/config/config.ts';
import { messageMaker } from '../../src/config/make-messages.ts';
import type { PreparedMessage } from '../../src/config/outgoing-message.ts';
import { OperationalError } from '../../src/errors.ts';

const asText = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString();

const shown = ({ id, key, headers, value }: PreparedMessage): object => ({
  id,
  key: asText(key),
  headers: headers.map(([name, bytes]) => [name, asText(bytes)]),
  value: asText(value),
});

const made = (messages: MessagesConfig | undefined, sequence = 0, run = 'run', seed = 7): object =>
  shown(messageMaker(messages, run, seed)(sequence));

test('without make, a message is its id and its sequence in 200 bytes of JSON', () => {
  const make = messageMaker(undefined, 'run-1', 7);
  for (const sequence of [0, 9, 123_456]) {
    const message = make(sequence);
    const value = JSON.parse(asText(message.value)!) as object;
    expect(value).toEqual({ id: `run-1-${sequence}`, sequence, padding: expect.stringMatching(/^\.+$/) });
    expect(message).toMatchObject({
      id: `run-1-${sequence}`,
      sequence,
      key: null,
      headers: [],
      document: value,
    });
    expect(message.value).toHaveLength(200);
  }
});

test('make gives key, headers and value; texts and bytes are taken as they are, and all else is JSON', () => {
  const of = (message: MadeMessage): object => made({ make: () => message });
  expect(
    of({ key: 'k', headers: { a: 'b', c: Buffer.from('d') }, value: { e: [1, null, true], f: undefined } }),
  ).toEqual({
    id: 'run-0',
    key: 'k',
    headers: [
      ['a', 'b'],
      ['c', 'd'],
    ],
    value: '{"e":[1,null,true]}',
  });
  expect(of({ key: Buffer.from('k'), value: 'é' })).toMatchObject({ key: 'k', value: 'é' });
  expect(of({ key: null, value: null })).toMatchObject({ key: null, value: null });
  expect(of({ key: '', value: '' })).toMatchObject({ key: '', value: '' });
  expect(of({ value: Buffer.from([0x7f]) })).toMatchObject({ value: '\u007f' });
  expect(of({ value: 5 })).toMatchObject({ value: '5' });
  expect(of({ value: new Date(0) })).toMatchObject({ value: '"1970-01-01T00:00:00.000Z"' });
});

test('a buffer that make uses again changes no message that it gave before', () => {
  const buffer = Buffer.from('0');
  const make = messageMaker(
    { count: 5, make: ({ sequence }) => (buffer.write(String(sequence)), { value: buffer }) },
    'run',
    7,
  );
  const [first, second] = [make(1), make(2)];
  expect([asText(first.value), asText(second.value)]).toEqual(['1', '2']);
});

const drawing: MakeFunction = ({ id, random }) => ({
  key: random.text(5),
  value: {
    id,
    a: random.number(),
    b: random.integer(-5, 5),
    c: random.chance(0.5),
    d: random.pick([1, 2, 3]),
  },
});

test('a message is the same in each run with the same seed, however messages are ordered', () => {
  const make = messageMaker({ make: drawing }, 'run', 7);
  const inOrder = Array.from({ length: 100 }, (_, sequence) => shown(make(sequence)));
  const another = messageMaker({ make: drawing }, 'run', 7);
  const reversed = Array.from({ length: 100 }, (_, index) => shown(another(99 - index))).toReversed();
  expect(reversed).toEqual(inOrder);
  expect(new Set(inOrder.map((message) => JSON.stringify(message))).size).toBe(100);
  expect(shown(messageMaker({ make: drawing }, 'run', 8)(3))).not.toEqual(inOrder[3]);
});

test('random draws within its bounds, and evenly', () => {
  const counts = { low: 0, high: 0, chance: 0, a: 0, sum: 0 };
  const make = messageMaker(
    {
      make: ({ random }) => {
        const value = {
          n: random.integer(1, 10),
          c: random.chance(0.25),
          p: random.pick(['a', 'b']),
          x: random.number(),
          t: random.text(12),
        };
        return { value };
      },
    },
    'run',
    7,
  );
  const total = 20_000;
  for (let sequence = 0; sequence < total; sequence++) {
    const { n, c, p, x, t } = make(sequence).document as {
      n: number;
      c: boolean;
      p: string;
      x: number;
      t: string;
    };
    if (!(n >= 1 && n <= 10 && x >= 0 && x < 1 && /^[a-z0-9]{12}$/.test(t)))
      throw new Error(`out of bounds: ${n} ${x} ${t}`);
    counts.low += n === 1 ? 1 : 0;
    counts.high += n === 10 ? 1 : 0;
    counts.chance += c ? 1 : 0;
    counts.a += p === 'a' ? 1 : 0;
    counts.sum += x;
  }
  for (const [name, share] of [
    ['low', 0.1],
    ['high', 0.1],
    ['chance', 0.25],
    ['a', 0.5],
    ['sum', 0.5],
  ] as const) {
    expect([name, Math.abs(counts[name] / total - share) < 0.015]).toEqual([name, true]);
  }
});

test('ids of each kind are unique in a run and over runs, and integers stay below 2^53', () => {
  for (const ids of ['text', 'uuid', 'integer'] as const) {
    const seen = new Set<string>();
    const runs = Array.from({ length: 20 }, (_, run) =>
      messageMaker({ ids, make: { value: null } }, `run-${run}`, 7),
    );
    for (const make of runs) for (let sequence = 0; sequence < 2_000; sequence++) seen.add(make(sequence).id);
    expect([ids, seen.size]).toEqual([ids, 40_000]);
    expect([...seen].filter((id) => !isOfKind[ids](id))).toEqual([]);
  }
});

const isOfKind: Record<'text' | 'uuid' | 'integer', (id: string) => boolean> = {
  text: (id) => /^run-\d+-\d+$/.test(id),
  uuid: (id) => /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id),
  integer: (id) => /^[1-9]\d{0,15}$/.test(id) && Number.isSafeInteger(Number(id)),
};

test('two messages of a large run have two ids', () => {
  const sequence = fc.nat(2 ** 32 - 1);
  const property = fc.property(sequence, sequence, fc.constantFrom('uuid', 'integer'), (a, b, ids) => {
    const make = messageMaker({ ids, make: { value: null } }, 'run', 7);
    expect(make(a).id === make(b).id).toBe(a === b);
  });
  expect(fc.check(property, { numRuns: 200 }).failed).toBe(false);
});

test('a template fills its texts, and numbers become numbers', () => {
  const make = {
    key: '{id}',
    headers: { run: '{run}/{sequence}', fixed: 'x' },
    value: {
      id: '{id}',
      n: '{sequence}',
      text: 'n{sequence}',
      list: ['{integer:3..3}', true, null],
      pick: '{pick:only}',
      json: '{"a":{}}',
    },
  };
  expect(made({ make }, 4)).toEqual({
    id: 'run-4',
    key: 'run-4',
    headers: [
      ['run', 'run/4'],
      ['fixed', 'x'],
    ],
    value: '{"id":"run-4","n":4,"text":"n4","list":[3,true,null],"pick":"only","json":"{\\"a\\":{}}"}',
  });
  expect(made({ make: { value: 'text {sequence}' } }, 4)).toMatchObject({ value: 'text 4' });
  const picked = {
    a: '{pick:true|true}',
    b: '{pick:2.5|2.5}',
    c: '{pick:true|x}',
    d: '{pick:12345678901234567890}',
  };
  expect(made({ make: { value: picked } })).toMatchObject({
    value: expect.stringMatching(/^\{"a":true,"b":2\.5,"c":"(true|x)","d":"12345678901234567890"\}$/),
  });
  const { value } = made({ ids: 'integer', make: { value: { id: '{id}' } } }) as { value: string };
  expect(value).toMatch(/^\{"id":\d+\}$/);
});

/** What is said of a make that gives no message. */
function refusalOf(make: unknown): string {
  try {
    messageMaker({ make: make as MakeFunction }, 'run', 7);
  } catch (error) {
    if (error instanceof OperationalError && error.code === 'usage')
      return `${error.message} ${error.hint ?? ''}`;
    throw error;
  }
  return 'nothing';
}

class Order {
  amount = 5n;
}
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;
const onThird =
  (bad: unknown) =>
  ({ sequence }: { sequence: number }) => ({ value: sequence === 3 ? bad : 1 });

test.each<[name: string, make: unknown, sentence: string]>([
  ['throws', onThirdThrows, 'messages.make threw TypeError: no good'],
  [
    'a promise',
    async () => ({ value: 1 }),
    'messages.make gave a promise, for sequence 0. It must give the message itself, without async.',
  ],
  ['nothing', () => undefined, 'messages.make gave undefined, for sequence 0.'],
  ['a text', () => 'x', 'messages.make gave a string, for sequence 0.'],
  ['a list', () => [], 'messages.make gave a list, for sequence 0.'],
  [
    'the value alone',
    () => ({ sku: 'a' }),
    'messages.make gave an object with "sku", for sequence 0. It gives { key, headers, value }.',
  ],
  ['a function', () => () => 1, 'messages.make gave a function, for sequence 0.'],
  [
    'an undefined value',
    onThird(undefined),
    'gave a value that is no JSON: it is undefined, for sequence 3.',
  ],
  [
    'a BigInt',
    onThird({ a: [1n] }),
    'gave a value that is no JSON: a.0 is a BigInt: write it as a text, for sequence 3.',
  ],
  ['a BigInt of a class', onThird(new Order()), 'no JSON: amount is a BigInt'],
  ['a function within', onThird({ a: () => 1 }), 'no JSON: a is a function'],
  ['a promise within', onThird({ a: { b: Promise.resolve() } }), 'no JSON: a.b is a Promise'],
  ['a map', onThird(new Map()), 'no JSON: it is a Map'],
  ['not a number', onThird({ a: NaN }), 'no JSON: a is NaN'],
  ['infinity', onThird(-Infinity), 'no JSON: it is -Infinity'],
  ['a hole in a list', onThird([undefined]), 'no JSON: 0 is undefined'],
  ['an invalid date', onThird(new Date(NaN)), 'no JSON: it is an invalid date'],
  ['bytes within', onThird({ a: Buffer.from('x') }), 'no JSON: a is bytes: only a whole value can be bytes'],
  ['an object that holds itself', onThird(cycle), 'is nested more than 200 deep'],
  ['half of a character', onThird('\ud800'), 'gave a value with half of a surrogate pair, for sequence 3.'],
  [
    'a number as key',
    () => ({ key: 5 }),
    'gave a key that is a number, for sequence 0. It takes a text or bytes.',
  ],
  ['a number as header', () => ({ headers: { a: 5 } }), 'gave a header a that is a number'],
  ['null as header', () => ({ headers: { a: null } }), 'gave a header a that is null'],
  ['headers as a list', () => ({ headers: [['a', 'b']] }), 'gave headers that are a list'],
  ["nodrop's own header", () => ({ headers: { 'nodrop-run': 'x' } }), 'gave a header "nodrop-run"'],
  [
    'more than a megabyte',
    onThird('x'.repeat(1_000_001)),
    'gave a message of 1000001 bytes, for sequence 3. A message has 1000000 bytes at most',
  ],
  [
    'chance of its own',
    () => ({ value: Math.random() }),
    'messages.make gives another message each time. For sequence 0',
  ],
  ['a clock', () => ({ value: { at: Date.now() } }), 'messages.make gives another message each time.'],
  [
    'a clock of days',
    () => ({ value: { at: new Date().toISOString().slice(0, 10) } }),
    'messages.make gives another message each time.',
  ],
  ['a count of its own', counting(), 'messages.make gives another message each time.'],
  [
    'an empty list',
    ({ random }: { random: { pick: (list: []) => unknown } }) => ({ value: random.pick([]) }),
    'messages.make threw RangeError: random.pick takes a list that is not empty.',
  ],
])('a make that gives %s is refused', (_, make, sentence) => {
  expect(refusalOf(make)).toContain(sentence);
});

function onThirdThrows({ sequence }: { sequence: number }): MadeMessage {
  if (sequence === 3) throw new TypeError('no good');
  return {};
}

function counting(): MakeFunction {
  let count = 0;
  return () => ({ value: (count += 1) });
}

test('the clock is right again after the first messages have been made twice', () => {
  const { Date: clock } = globalThis;
  refusalOf(() => ({ value: new Date() }));
  refusalOf(() => {
    throw new Error('no');
  });
  expect(globalThis.Date).toBe(clock);
});

test('a time that follows from the message is no clock', () => {
  const make: MakeFunction = ({ sequence }) => ({ value: new Date(Date.UTC(2026, 0, 1) + sequence * 1000) });
  expect(refusalOf(make)).toBe('nothing');
});

test('a message that goes wrong later is refused when it is made', () => {
  const make = messageMaker({ make: ({ sequence }) => ({ value: sequence < 100 ? 1 : 1n }) }, 'run', 7);
  expect(asText(make(99).value)).toBe('1');
  expect(() => make(100)).toThrow('for sequence 100');
});
