/** What is said of records that nobody can sort, by what the store holds of them. */
import { expect, test } from 'vitest';
import type { PoisonLetter, Foreign } from '../../../src/faults/fault.ts';
import { effectOfPoison, type LetterEvidence } from '../../../src/faults/kinds/poison-outcome.ts';

const text = Buffer.from('not JSON at all');
const sent: Foreign[] = [
  { partition: 0, offset: 4, payload: text },
  { partition: 1, offset: 7, payload: null },
];
const letters: PoisonLetter[] = sent.map((record) => ({ ...record, reason: 'it is no JSON' }));
const [first, second] = letters as [PoisonLetter, PoisonLetter];
const whole: LetterEvidence = {
  letters,
  positions: new Map([
    [0, 5],
    [1, 8],
  ]),
  starts: new Map(),
};

test('dead letters with a reason and the same bytes are all there is to see', () => {
  expect(effectOfPoison(sent, whole)).toEqual({
    tookEffect: true,
    evidence: ['2 were acknowledged, and 2 are dead letters with a reason and the same bytes'],
    found: [],
    published: [
      { partition: 0, offset: 4 },
      { partition: 1, offset: 7 },
    ],
  });
});

test.each<[string, PoisonLetter[], string, string]>([
  ['is not there', [second], 'lost', 'it is no dead letter'],
  ['stands elsewhere', [{ ...first, offset: 5 }, second], 'lost', 'it is no dead letter'],
  ['has no reason', [{ ...first, reason: '' }, second], 'corrupted', 'its dead letter has no reason'],
  [
    'has other bytes',
    [{ ...first, payload: Buffer.from('x') }, second],
    'corrupted',
    'its dead letter has other bytes',
  ],
  ['has no bytes', [{ ...first, payload: null }, second], 'corrupted', 'its dead letter has other bytes'],
])('a letter that %s is charged to the consumer', (_, letters, kind, detail) => {
  const { tookEffect, found, evidence } = effectOfPoison(sent, { ...whole, letters });
  expect(found).toEqual([{ kind, blame: 'consumer', partition: 0, offset: 4, detail }]);
  expect(evidence).toEqual([
    expect.stringContaining('2 were acknowledged, and 1 are'),
    `the one at 0:4: ${detail}`,
  ]);
  expect(tookEffect).toBe(true);
});

test('one that was not read yet is nobody’s fault, and leaves open what would become of it', () => {
  for (const positions of [new Map([[1, 8]]), new Map([...whole.positions, [0, 4]])]) {
    const { tookEffect, found, evidence } = effectOfPoison(sent, { ...whole, letters: [second], positions });
    expect({ tookEffect, found }).toEqual({ tookEffect: false, found: [] });
    expect(evidence).toContain('the one at 0:4 was not read');
  }
});

test('and so is one that retention took', () => {
  const starts = new Map([[0, 5]]);
  const { tookEffect, found, evidence } = effectOfPoison(sent, { ...whole, letters: [second], starts });
  expect({ tookEffect, found }).toEqual({ tookEffect: false, found: [] });
  expect(evidence).toContain('the one at 0:4 was removed from the topic');
  // It was read before.
  expect(effectOfPoison(sent, { ...whole, starts })).toMatchObject({ tookEffect: true, found: [] });
});

test('what is wrong with one stands, whatever is open of another', () => {
  const { tookEffect, found } = effectOfPoison(sent, { ...whole, letters: [], positions: new Map([[1, 8]]) });
  expect(tookEffect).toBe(false);
  expect(found).toMatchObject([{ kind: 'lost', partition: 1, offset: 7 }]);
});
