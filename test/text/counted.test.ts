import { expect, test } from 'vitest';
import { counted, plural, were } from '../../src/text/counted.ts';
import { sentenceOf } from '../../src/report/text/verdict-sentence.ts';
import { passed } from '../report/results.ts';

test.each([
  [0, '0 rows were'],
  [1, '1 row was'],
  [2, '2 rows were'],
])('the words for %i rows have the right number', (count, words) => {
  expect(`${counted(count, 'row')} ${were(count)}`).toBe(words);
  expect(`${count} ${plural(count, 'row')} ${were(count)}`).toBe(words);
});

test('the sentence about one acknowledged message is in the singular', () => {
  const result = { ...passed, ledger: { ...passed.ledger, acked: 1 } };
  expect(sentenceOf(result)).toMatch(/^1 of 1 acknowledged message is stored once/);
});
