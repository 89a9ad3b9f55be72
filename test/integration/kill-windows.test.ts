/** Three kill windows: a redelivery and a refused write. `test/full/kill-windows.test.ts` crosses all. */
import { expect, inject, test } from 'vitest';
import {
  claimLate,
  kill,
  outcomeOf,
  passAfterRedelivery,
  passAfterRefusal,
  sqlite,
  strikeAt,
} from '../fixtures/kill-windows.ts';

const bootstrapServers = inject('bootstrapServers');

test('a run passes after redelivery if its consumer is killed before the commit', async () => {
  expect(outcomeOf(await strikeAt('before-store-commit', kill, sqlite, bootstrapServers))).toEqual(
    passAfterRedelivery,
  );
});

test('with the consumer protocol too, a run passes after redelivery if its consumer is killed', async () => {
  const result = await strikeAt('before-store-commit', kill, sqlite, bootstrapServers, 'consumer');
  expect(outcomeOf(result)).toEqual(passAfterRedelivery);
});

test('a run passes after a refused write if a former owner claims the partitions late', async () => {
  expect(outcomeOf(await strikeAt('after-fetch', claimLate, sqlite, bootstrapServers))).toEqual(
    passAfterRefusal,
  );
});
