/** What `test/tamper/` does to a store in SQLite, and what only PostgreSQL lets one do. `test/full` has changes at random. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { makeRun } from '../../src/self-test/tampering/made-run.ts';
import { escapedInStore } from '../tamper/escaped.ts';
import { alterPostgres, postgresMutations } from '../tamper/postgres-schema.ts';
import { complaintsOfPostgres, outcomeOf, passedPostgresRun } from '../tamper/tampered-run.ts';
import { allowed, complaintsOfEvidence } from '../tamper/truth.ts';

const { location, password } = inject('postgres');
const timeoutMs = 120_000;

const newSchema = (): string => `t_${randomBytes(8).toString('hex')}`;

beforeAll(() => void vi.stubEnv('PGPASSWORD', password));
afterAll(() => void vi.unstubAllEnvs());

describe('rows, dead letters and positions', () => {
  let passed: Awaited<ReturnType<typeof passedPostgresRun>>;

  beforeAll(async () => {
    passed = await passedPostgresRun(`${location}?schema=${newSchema()}`, password);
  });
  afterAll(() => passed.store.close());

  test('a run that nobody tampered with passes, though its tables have lost their constraints', async () => {
    expect(await complaintsOfPostgres(passed, [])).toEqual([]);
  });

  test('what was judged wrongly once', { timeout: timeoutMs }, async () => {
    const complaints = [];
    for (const [name, mutations] of Object.entries(escapedInStore)) {
      complaints.push(...(await complaintsOfPostgres(passed, mutations)).map((told) => [name, told]));
    }
    expect(complaints).toEqual([]);
  });
});

/** The audit reads as somebody who may read everything, and owns nothing. */
describe('the schema', () => {
  const reader = `reader_${randomBytes(4).toString('hex')}`;
  let client: Client;

  beforeAll(async () => {
    client = new Client({ connectionString: location, password });
    await client.connect();
    await client.query(`CREATE ROLE ${reader} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
  });
  afterAll(async () => {
    await client.query(`DROP ROLE ${reader}`);
    await client.end();
  });

  test.each(postgresMutations)('$name', async (mutation) => {
    const schema = newSchema();
    const dir = mkdtempSync(join(tmpdir(), 'nodrop-tamper-'));
    const run = await makeRun(dir, { store: `${location}?schema=${schema}` });
    await alterPostgres(client, schema, mutation);
    const url = new URL(`${location}?schema=${schema}`);
    url.username = reader;
    const outcome = await outcomeOf(run.folder, url.href);
    expect(complaintsOfEvidence(outcome, allowed[mutation.allowed])).toEqual([]);
  });
});
