/** Lines may come in any order: the audit comes to the same result, including every example. */
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { historyFromLines } from '../../../src/audit/history/read-history.ts';
import { audit } from '../../../src/audit/judge/audit.ts';
import { linesOf, type LineObject } from './lines.ts';

const folder = join(import.meta.dirname, '../../fixtures/histories');

test('the histories of the fixtures have the same result in any order of their lines', async () => {
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.jsonl'))) {
    const lines = readFileSync(join(folder, name), 'utf8').trim().split('\n');
    const expected = await audit(historyFromLines(lines, name));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(lines, { minLength: lines.length }), async (shuffled) => {
        expect(await audit(historyFromLines(shuffled, name))).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  }
});

const id = fc.constantFrom('a', 'b', 'c', '10', '9', 'ab');
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const small = fc.nat(2);
const place = { partition: fc.nat(1), offset: fc.nat(4) };
const sender = {
  producer: maybe(fc.constantFrom('p0', 'p1')),
  session: maybe(fc.nat(1)),
  sequence: maybe(small),
};
const bytes = { key: maybe(fc.constantFrom('k', 'l')), digest: maybe(fc.constantFrom('x', 'y')) };

/** Any lines that are valid, even if they contradict each other. */
const line: fc.Arbitrary<LineObject> = fc.oneof(
  fc.record({
    type: fc.constant('send'),
    id,
    state: fc.constantFrom('failed', 'completed', 'odd'),
    outcome: fc.constantFrom('acked', 'acked', 'rejected', 'unknown'),
    ...sender,
    ...bytes,
    partition: maybe(place.partition),
    offset: maybe(place.offset),
    error: maybe(fc.constant('DUPLICATE_SEQUENCE_NUMBER')),
  }),
  fc.record({
    type: fc.constant('log'),
    id,
    ...place,
    ...sender,
    ...bytes,
    foreign: maybe(fc.boolean()),
    aborted: maybe(fc.boolean()),
    crc: maybe(fc.constantFrom('ok', 'bad')),
  }),
  fc.record({
    type: fc.constant('store'),
    id,
    category: fc.constantFrom('failed', 'completed', 'other'),
    partition: maybe(place.partition),
    offset: maybe(place.offset),
    ...bytes,
    foreign: maybe(fc.boolean()),
  }),
  fc.record({ type: fc.constant('deadLetter'), ...place, reason: fc.constant(''), id: maybe(id) }),
  fc.record({ type: fc.constant('delivery'), ...place, id: maybe(id), epoch: maybe(small) }),
  fc.record({
    type: fc.constant('written'),
    ...place,
    id: maybe(id),
    category: maybe(fc.constantFrom('failed', 'completed', 'dead-letters')),
    digest: bytes.digest,
  }),
  fc.record({
    type: fc.constant('logRange'),
    partition: place.partition,
    start: small,
    end: fc.nat(4),
    base: maybe(small),
    compacted: maybe(fc.boolean()),
    compactionUnknown: maybe(fc.boolean()),
  }),
  fc.record({
    type: fc.constant('complete'),
    of: fc.constantFrom('ledger', 'log', 'store', 'deliveries', 'written'),
  }),
);

const history = fc
  .tuple(
    fc.array(line, { maxLength: 25 }),
    fc.subarray(['ledger', 'log', 'store', 'written']),
    maybe(fc.record({ p0: fc.nat(3) })),
    fc.uniqueArray(fc.record({ type: fc.constantFrom('position', 'commit'), ...place }), {
      selector: ({ type, partition }) => `${type} ${partition}`,
      maxLength: 3,
    }),
  )
  .map(([lines, whole, messages, positions]): LineObject[] => [
    ...lines,
    ...whole.map((of) => ({ type: 'complete', of })),
    ...positions,
    { type: 'run', run: 'r', messages },
  ]);

test('any history has the same result in any order of its lines', async () => {
  await fc.assert(
    fc.asyncProperty(
      history.chain((lines) =>
        fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines, { minLength: lines.length })),
      ),
      async ([lines, shuffled]) => {
        expect(await audit(historyFromLines(linesOf(shuffled), 'r'))).toEqual(
          await audit(historyFromLines(linesOf(lines), 'r')),
        );
      },
    ),
    { numRuns: 1000 },
  );
});
