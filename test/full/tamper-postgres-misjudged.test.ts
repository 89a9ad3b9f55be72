/** A store in PostgreSQL that was tampered with as one in SQLite. `test/full` has changes at random and of the schema. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { escapedInStore } from '../tamper/escaped.ts';
import { complaintsOfPostgres, passedPostgresRun } from '../tamper/tampered-run.ts';

const { location, password } = inject('postgres');
const timeoutMs = 120_000;

const newSchema = (): string => `t_${randomBytes(8).toString('hex')}`;

beforeAll(() => void vi.stubEnv('PGPASSWORD', password));
afterAll(() => void vi.unstubAllEnvs());

describe('changed rows, dead letters and positions in PostgreSQL', () => {
  let passed: Awaited<ReturnType<typeof passedPostgresRun>>;

  beforeAll(async () => {
    passed = await passedPostgresRun(`${location}?schema=${newSchema()}`, password);
  });
  afterAll(() => passed.store.close());

  test('a run that was not tampered with passes, even without the constraints of its tables', async () => {
    expect(await complaintsOfPostgres(passed, [])).toEqual([]);
  });

  test('changes that the audit once misjudged are judged rightly', { timeout: timeoutMs }, async () => {
    const complaints = [];
    for (const [name, mutations] of Object.entries(escapedInStore)) {
      complaints.push(...(await complaintsOfPostgres(passed, mutations)).map((told) => [name, told]));
    }
    expect(complaints).toEqual([]);
  });
});
