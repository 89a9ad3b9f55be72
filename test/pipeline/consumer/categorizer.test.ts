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
    [Buffer.from([0xff, 0xfe]), 'its payload is not UTF-8'],
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
