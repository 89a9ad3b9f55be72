import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { runOfAnyStates } from '../fixtures/any-states.ts';

test('a run whose states are any text passes, and each reader tells the states as they are', async () => {
  expect((await runOfAnyStates(inject('bootstrapServers'))).verdict).toBe('pass');
});

test('a run whose states are any text passes in PostgreSQL, and each reader tells the states as they are', async () => {
  const { location, password } = inject('postgres');
  process.env['PGPASSWORD'] = password;
  const store = `--store=${location}?schema=s_${randomUUID().slice(0, 8)}`;
  expect((await runOfAnyStates(inject('bootstrapServers'), [store])).verdict).toBe('pass');
});
