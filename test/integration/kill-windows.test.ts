/** One kill window of each kind; all of them are crossed in test/full. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import {
  claimLate,
  cutCommit,
  cutSocket,
  kill,
  outcomeOf,
  pass,
  passAfterRedelivery,
  passAfterRefusal,
  sqlite,
  stopDatabase,
  strikeAt,
  StruckPostgres,
  suspend,
} from '../fixtures/kill-windows.ts';

const bootstrapServers = inject('bootstrapServers');

let postgres: StruckPostgres;
beforeAll(async () => {
  postgres = await StruckPostgres.start();
});
afterAll(() => postgres.stop());

test('a consumer that is killed before the commit', async () => {
  expect(outcomeOf(await strikeAt('before-store-commit', kill, sqlite, bootstrapServers))).toEqual(
    passAfterRedelivery,
  );
});

test('a consumer that is suspended, replaced, and wakes up with what it had fetched', async () => {
  expect(outcomeOf(await strikeAt('after-fetch', suspend, postgres.direct, bootstrapServers))).toEqual(
    passAfterRefusal,
  );
});

test('a consumer whose partitions are claimed late by one that had them before', async () => {
  expect(outcomeOf(await strikeAt('after-fetch', claimLate, sqlite, bootstrapServers))).toEqual(
    passAfterRefusal,
  );
});

test('a database that stops before the commit', async () => {
  const stop = stopDatabase(postgres.server);
  expect(outcomeOf(await strikeAt('before-store-commit', stop, postgres.direct, bootstrapServers))).toEqual(
    pass,
  );
});

test('a socket that is cut after the commit', async () => {
  const cut = cutSocket(postgres.proxy);
  expect(outcomeOf(await strikeAt('after-store-commit', cut, postgres.proxied, bootstrapServers))).toEqual(
    pass,
  );
});

test.each(['before', 'after'] as const)('a socket that is cut %s COMMIT', async (when) => {
  const cut = cutCommit(postgres.proxy, when);
  expect(outcomeOf(await strikeAt('after-group-commit', cut, postgres.proxied, bootstrapServers))).toEqual(
    pass,
  );
});
