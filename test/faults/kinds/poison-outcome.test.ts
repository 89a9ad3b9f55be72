/** The effect of a poison fault, and its findings, by the dead letters in the store. */
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

test('a poison fault takes effect without findings if each record is a dead letter with a reason and the same bytes', () => {
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
  ['is missing', [second], 'lost', 'it is no dead letter'],
  ['is at another offset', [{ ...first, offset: 5 }, second], 'lost', 'it is no dead letter'],
  ['has no reason', [{ ...first, reason: '' }, second], 'corrupted', 'its dead letter has no reason'],
  [
    'has other bytes',
    [{ ...first, payload: Buffer.from('x') }, second],
    'corrupted',
    'its dead letter has other bytes',
  ],
  ['has no bytes', [{ ...first, payload: null }, second], 'corrupted', 'its dead letter has other bytes'],
])('the consumer is to blame for a poison record whose dead letter %s', (_, letters, kind, detail) => {
  const { tookEffect, found, evidence } = effectOfPoison(sent, { ...whole, letters });
  expect(found).toEqual([{ kind, blame: 'consumer', partition: 0, offset: 4, detail }]);
  expect(evidence).toEqual([
    expect.stringContaining('2 were acknowledged, and 1 are'),
    `the one at 0:4: ${detail}`,
  ]);
  expect(tookEffect).toBe(true);
});

test('a poison record that was not read yet is not a finding, and the fault has no effect', () => {
  for (const positions of [new Map([[1, 8]]), new Map([...whole.positions, [0, 4]])]) {
    const { tookEffect, found, evidence } = effectOfPoison(sent, { ...whole, letters: [second], positions });
    expect({ tookEffect, found }).toEqual({ tookEffect: false, found: [] });
    expect(evidence).toContain('the one at 0:4 was not read');
  }
});

test('a poison record that retention removed before it was read is not a finding, and the fault has no effect', () => {
  const starts = new Map([[0, 5]]);
  const { tookEffect, found, evidence } = effectOfPoison(sent, { ...whole, letters: [second], starts });
  expect({ tookEffect, found }).toEqual({ tookEffect: false, found: [] });
  expect(evidence).toContain('the one at 0:4 was removed from the topic');
  // Here the record was read before it was removed.
  expect(effectOfPoison(sent, { ...whole, starts })).toMatchObject({ tookEffect: true, found: [] });
});

test('a lost poison record is a finding, even if another one was not read yet', () => {
  const { tookEffect, found } = effectOfPoison(sent, { ...whole, letters: [], positions: new Map([[1, 8]]) });
  expect(tookEffect).toBe(false);
  expect(found).toMatchObject([{ kind: 'lost', partition: 1, offset: 7 }]);
});
