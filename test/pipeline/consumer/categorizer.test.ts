import { describe, expect, test } from 'vitest';
import { createCategorizer } from '../../../src/pipeline/consumer/categorizer.ts';
import type { StateRule } from '../../../src/workload/state-rule.ts';

const states = ['failed', 'completed', 'in-progress'];

/** `category 0`, or the reason for a dead letter. */
function sorted(
  rule: Partial<StateRule>,
  payload: Uint8Array | string | null,
  headers: Record<string, Uint8Array | string | null> = {},
): string {
  const bytes = (value: Uint8Array | string | null): Uint8Array | null =>
    typeof value === 'string' ? Buffer.from(value) : value;
  const categorize = createCategorizer({ states, ...rule });
  const value = bytes(payload);
  // The payload lies between other bytes, like in a record batch.
  const between = Buffer.concat([Buffer.from('{"'), value ?? Buffer.alloc(0), Buffer.from('}')]);
  const [start, end] = value === null ? [-1, -1] : [2, 2 + value.length];
  const placement = categorize(between, start, end, (name) => bytes(headers[name] ?? null));
  return typeof placement === 'number' ? `category ${placement}` : placement.reason;
}

describe('the state of the payload', () => {
  test('decides the category, whatever else the payload holds', () => {
    expect(sorted({}, '{"state":"failed"}')).toBe('category 0');
    expect(sorted({}, '{"a":[1],"state":"in-progress","b":null}')).toBe('category 2');
    expect(sorted({}, '{"état":"é","state":"completed"}')).toBe('category 1');
    expect(sorted({}, '\ufeff{"state":"completed"}')).toBe('category 1');
    expect(sorted({}, '{"state":"failed","state":"completed"}')).toBe('category 1');
    expect(sorted({ states: ['false', 'true'] }, '{"state":true}')).toBe('category 1');
  });

  test.each([
    [null, 'it has no payload'],
    ['', 'its payload is not JSON'],
    ['{', 'its payload is not JSON'],
    ['{"state":"failed"}\0', 'its payload is not JSON'],
    [Buffer.from([0xff, 0xfd]), 'its payload is not UTF-8'],
    ['null', 'its payload is JSON, but no object'],
    ['[{"state":"failed"}]', 'its payload is JSON, but no object'],
    ['"failed"', 'its payload is JSON, but no object'],
    ['{}', 'it carries no state'],
    ['{"State":"failed"}', 'it carries no state'],
    ['{"state":null}', 'its state is not a string, a number or a boolean'],
    ['{"state":{"state":"failed"}}', 'its state is not a string, a number or a boolean'],
    ['{"state":["failed"]}', 'its state is not a string, a number or a boolean'],
    ['{"state":404}', "its state '404' is none of failed, completed, in-progress"],
    ['{"state":true}', "its state 'true' is none of failed, completed, in-progress"],
    ['{"state":""}', "its state '' is none of failed, completed, in-progress"],
    ['{"state":"FAILED"}', "its state 'FAILED' is none of failed, completed, in-progress"],
    ['{"state":"failed "}', "its state 'failed ' is none of failed, completed, in-progress"],
    ['{"state":"__proto__"}', "its state '__proto__' is none of failed, completed, in-progress"],
    ['{"state":"constructor"}', "its state 'constructor' is none of failed, completed, in-progress"],
  ])('%s is a dead letter: %s', (payload, reason) => {
    expect(sorted({}, payload)).toBe(reason);
  });

  test('may be any text, and a number or boolean counts as it is written', () => {
    const odd = ['200', 'true', 'In Progress', '失敗', 'a"b\\', '200.0', '-0', '12345678901234567891', '1e3'];
    const category = (payload: string): string => sorted({ states: odd }, payload);
    for (const [index, state] of odd.entries()) {
      expect(category(JSON.stringify({ state })), state).toBe(`category ${index}`);
    }
    for (const more of ['', ',"note":"é"']) {
      for (const written of ['200', 'true', '200.0', '-0', '12345678901234567891', '1e3']) {
        expect(category(`{"state":${written}${more}}`)).toBe(`category ${odd.indexOf(written)}`);
      }
      expect(category(`{"state": 200 ${more}}`)).toBe('category 0');
      expect(category(`{"state":2e2${more}}`)).toContain("its state '2e2' is none of");
      expect(category(`{"state":12345678901234567890${more}}`)).toContain("its state '12345678901234567890'");
    }
    expect(sorted({ states: ['false', '1'], stateField: 'a.0.b' }, '{"a":[{"b":1}],"é":0}')).toBe(
      'category 1',
    );
    expect(sorted({ states: ['null'] }, '{"state":null}')).toBe(
      'its state is not a string, a number or a boolean',
    );
  });

  test('a number in JSON that is nested too deeply to read it as written makes a dead letter', () => {
    const deep = `{"state":1,"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(sorted({ states: ['1'] }, deep)).toBe('its state is a number in JSON that is nested too deeply');
    expect(sorted({}, deep.replace('1', '"failed"'))).toBe('category 0');
  });

  test('is found along a path, through objects and arrays', () => {
    expect(sorted({ stateField: 'status.code' }, '{"state":"failed","status":{"code":"completed"}}')).toBe(
      'category 1',
    );
    expect(sorted({ stateField: 'items.1.state' }, '{"items":[0,{"state":"failed"}]}')).toBe('category 0');
    expect(sorted({ stateField: 'a.0' }, '{"a":{"0":"failed"}}')).toBe('category 0');
    expect(sorted({ stateField: '__proto__.a' }, '{"__proto__":{"a":"failed"}}')).toBe('category 0');
  });

  test.each([
    ['status.code', '{"status":{}}'],
    ['status.code', '{"status":"failed"}'],
    ['status.code', '{"status":null}'],
    ['status.code', '{"status.code":"failed"}'],
    ['__proto__', '{}'],
    ['constructor.name', '{}'],
    ['toString', '{}'],
    ['status.length', '{"status":"failed"}'],
    ['status.0', '{"status":"failed"}'],
    ['items.length', '{"items":["failed"]}'],
    ['items.01', '{"items":["failed","failed"]}'],
    ['items.1', '{"items":["failed"]}'],
    ['items.-1', '{"items":["failed"]}'],
  ])('is not found at %s in %s', (stateField, payload) => {
    expect(sorted({ stateField }, payload)).toBe(`it carries no state at ${stateField}`);
  });
});

describe('the state of a header', () => {
  const rule = { stateHeader: 'x-state' };

  test('decides the category, whatever the payload is', () => {
    for (const payload of [null, '', 'no json', '{"state":"failed"}']) {
      expect(sorted(rule, payload, { 'x-state': 'completed' })).toBe('category 1');
    }
  });

  test.each([
    [{}, 'it carries no state in the header x-state'],
    [{ 'X-State': 'failed' }, 'it carries no state in the header x-state'],
    [{ 'x-state': null }, 'it carries no state in the header x-state'],
    [{ 'x-state': Buffer.from([0xff]) }, 'its state is not UTF-8'],
    [{ 'x-state': '' }, "its state '' is none of failed, completed, in-progress"],
    [{ 'x-state': '\ufefffailed' }, "its state '\ufffdfailed' is none of failed, completed, in-progress"],
    [{ 'x-state': 'fail\0ed' }, "its state 'fail\ufffded' is none of failed, completed, in-progress"],
    [{ 'x-state': '\ufffd' }, "its state '\ufffd' is none of failed, completed, in-progress"],
  ])('%j makes a dead letter: %s', (headers: Record<string, Uint8Array | string | null>, reason) => {
    expect(sorted(rule, '{"state":"failed"}', headers)).toBe(reason);
  });
});

test('the reason says that the quotes of a header value are part of it', () => {
  const reason = sorted({ stateHeader: 'x' }, null, { x: '"failed"' });
  expect(reason).toBe(
    `its state '"failed"' is none of failed, completed, in-progress: the quotes are part of it`,
  );
  expect(sorted({ stateHeader: 'x', states: ['"failed"'] }, null, { x: '"failed"' })).toBe('category 0');
  expect(sorted({ stateHeader: 'x' }, null, { x: '"other"' })).not.toContain('quotes');
});

test('the reason does not list very many states', () => {
  const many = Array.from({ length: 64 }, (_, index) => `state number ${index}`);
  expect(sorted({ states: many }, '{"state":"x"}')).toBe("its state 'x' is none of the 64 states");
});

describe("a schema registry's framing", () => {
  const framed = (message: Uint8Array | string): Buffer =>
    Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from(message)]);
  const rule = { registryFraming: 'json' } as const;

  test('is passed over before JSON if asked, and messages without it are read as ever', () => {
    expect(sorted(rule, framed('{"state":"failed"}'))).toBe('category 0');
    expect(sorted(rule, framed('{"state":"completed","é":1}'))).toBe('category 1');
    expect(sorted(rule, '{"state":"failed"}')).toBe('category 0');
    expect(sorted({ ...rule, stateField: 'a.b' }, framed('{"a":{"b":"failed"}}'))).toBe('category 0');
    expect(sorted({ ...rule, other: 'rest' }, framed('{"state":"x"}'))).toBe('category 3');
  });

  test('of anything else than JSON makes a dead letter', () => {
    for (const short of [[0], [0, 0, 0, 0, 7]]) {
      expect(sorted(rule, Buffer.from(short))).toBe('its payload is not JSON');
    }
    expect(sorted(rule, framed(Buffer.from([2, 0x66])))).toBe('its payload is not JSON');
    expect(sorted(rule, null)).toBe('it has no payload');
  });
});

describe('the category for unknown states', () => {
  test('gets the messages with an unknown state', () => {
    expect(sorted({ other: 'rest' }, '{"state":"lost"}')).toBe('category 3');
    expect(sorted({ other: 'rest' }, '{"state":404}')).toBe('category 3');
    expect(sorted({ other: 'rest' }, '{"state":"failed"}')).toBe('category 0');
    expect(sorted({ other: 'rest', stateHeader: 'x' }, null, { x: 'lost' })).toBe('category 3');
    expect(sorted({ other: 'completed' }, '{"state":"lost"}')).toBe('category 1');
  });

  test.each([
    [null, 'it has no payload'],
    ['no json', 'its payload is not JSON'],
    ['{}', 'it carries no state'],
    ['{"state":null}', 'its state is not a string, a number or a boolean'],
  ])('does not get messages without a state: %s', (payload, reason) => {
    expect(sorted({ other: 'rest' }, payload)).toBe(reason);
  });
});

describe("a dead letter's reason", () => {
  const reasonFor = (state: string): string => sorted({ states: ['a'] }, JSON.stringify({ state }));

  test('is short even if the state is long, and splits no character', () => {
    expect(reasonFor('x'.repeat(1_000_000))).toBe(`its state '${'x'.repeat(40)}…' is none of a`);
    expect(reasonFor('x'.repeat(40))).toBe(`its state '${'x'.repeat(40)}' is none of a`);
    expect(reasonFor('🙂'.repeat(41))).toBe(`its state '${'🙂'.repeat(40)}…' is none of a`);
    expect(reasonFor(`x${'🙂'.repeat(40)}`)).toBe(`its state 'x${'🙂'.repeat(39)}…' is none of a`);
  });

  test('has only printable characters', () => {
    expect(reasonFor('a\0b\u001b[31m\r\n\u0085\u2028\u202e')).toBe(
      "its state 'a\ufffdb\ufffd[31m\ufffd\ufffd\ufffd\ufffd\ufffd' is none of a",
    );
    expect(reasonFor('\ud83d \ude42 🙂')).toBe("its state '\ufffd \ufffd 🙂' is none of a");
  });
});
