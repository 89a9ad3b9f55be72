import { expect, test } from 'vitest';
import { createCategorizer } from '../../src/pipeline/categorize.ts';

const categorize = createCategorizer(['failed', 'completed', 'in-progress']);
const reasonOf = (payload: Uint8Array | string | null): string => {
  const placement = categorize(typeof payload === 'string' ? Buffer.from(payload) : payload);
  return typeof placement === 'number' ? `category ${placement}` : placement.reason;
};

test('the state of the JSON decides, whatever else is in it', () => {
  expect(categorize(Buffer.from('{"state":"failed"}'))).toBe(0);
  expect(categorize(Buffer.from('{"a":[1],"state":"in-progress","b":null}'))).toBe(2);
  expect(categorize(Buffer.from('{"état":"é","state":"completed"}'))).toBe(1);
});

test.each([
  [null, 'it has no payload'],
  ['', 'its payload is not JSON'],
  ['{', 'its payload is not JSON'],
  [Buffer.from([0xff, 0xfe]), 'its payload is not UTF-8'],
  ['null', 'its payload is JSON, but no object'],
  ['[{"state":"failed"}]', 'its payload is JSON, but no object'],
  ['"failed"', 'its payload is JSON, but no object'],
  ['{}', 'it carries no state'],
  ['{"state":1}', 'its state is not a string'],
  ['{"state":null}', 'its state is not a string'],
  ['{"state":"FAILED"}', "its state 'FAILED' is none of failed, completed, in-progress"],
  ['{"state":"__proto__"}', "its state '__proto__' is none of failed, completed, in-progress"],
])('%s is a dead letter: %s', (payload, reason) => {
  expect(reasonOf(payload)).toBe(reason);
});

test('a reason does not grow with what it quotes', () => {
  expect(reasonOf(`{"state":"${'x'.repeat(1_000_000)}"}`).length).toBeLessThan(200);
});
