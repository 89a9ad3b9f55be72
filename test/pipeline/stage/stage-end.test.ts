import { expect, test } from 'vitest';
import { earlyEnds, stageError } from '../../../src/pipeline/stage/stage-end.ts';

const { signal } = new AbortController();
const tail = [
  'nodrop: Partition 1 of orders cannot be read at 0: LEADER_NOT_AVAILABLE. The consumer goes on.',
  'nodrop: Partition 1 of orders is gone.',
  'Create it again.',
].join('\n');

test('a stage that ended early is quoted with its error, and not with a note before it', () => {
  const exit = { code: 69, signal: null, tail };
  expect(earlyEnds([{ name: 'the consumer' }], [exit])).toEqual([
    'The consumer ended early: Partition 1 of orders is gone.',
  ]);
  expect(stageError(exit, signal, undefined)).toMatchObject({
    code: 'unavailable',
    message: 'Partition 1 of orders is gone.',
    hint: 'Create it again.',
  });
});

test('a stage that said nothing is quoted with its exit code', () => {
  const exit = { code: 3, signal: null, tail: '' };
  expect(earlyEnds([{ name: 'the consumer' }], [exit])).toEqual([
    'The consumer ended early: it ended with 3.',
  ]);
});
