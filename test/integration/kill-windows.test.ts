/** Two kill windows: one in which something comes twice, and one in which it is refused. `test/full/kill-windows.test.ts` crosses all. */
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

test('a consumer that is killed before the commit', async () => {
  expect(outcomeOf(await strikeAt('before-store-commit', kill, sqlite, bootstrapServers))).toEqual(
    passAfterRedelivery,
  );
});

test('a consumer whose partitions are claimed late by one that had them before', async () => {
  expect(outcomeOf(await strikeAt('after-fetch', claimLate, sqlite, bootstrapServers))).toEqual(
    passAfterRefusal,
  );
});
