/** A locked store: the consumer waits up to --store-timeout. `test/integration/store-outage.test.ts` has a full disk. */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { nodrop, start, until } from '../fixtures/nodrop.ts';
import { heard, produced, storedBy, verdictOf } from '../fixtures/produced-run.ts';

test('a consumer waits for a locked store up to --store-timeout, and a later consumer completes the run', async () => {
  const run = await produced(500);
  // A first consumer makes the tables.
  const first = await nodrop(run.consume);
  expect(first.code, first.stderr).toBe(0);
  const locked = await produced(500);
  const options = locked.consume.map((option) =>
    option.startsWith('--run=') ? `--run=${locked.folder.id}` : option,
  );
  const store = `--store=sqlite:${run.store}`;
  const holder = new DatabaseSync(run.store);
  holder.exec('BEGIN IMMEDIATE');
  const before = storedBy(run);

  const refused = await nodrop([...options, store, '--store-timeout=1s']);
  expect(refused.code).toBe(69);
  expect(refused.stderr).toMatch(/The store .* cannot be used: database is locked.*tried again for 1000 ms/);
  expect(refused.stderr).toContain('Nothing is lost');
  expect(storedBy(run)).toBe(before);

  const patient = start([...options, store]);
  const said = heard(patient.child);
  await until('it waits', () => said().includes('Trying again for 60000 ms'));
  holder.exec('ROLLBACK');
  holder.close();
  const { code } = await patient.ended;
  expect(code, said()).toBe(0);
  expect(said()).toContain('The store is back.');
  expect(await verdictOf(locked)).toMatchObject({ verdict: 'pass', store: { rows: 500 } });
});
