/** What only PostgreSQL lets one do to a store, as an auditor sees it who may read everything and owns nothing. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { makeRun } from '../../src/self-test/tampering/made-run.ts';
import { alterPostgres, postgresMutations } from '../tamper/postgres-schema.ts';
import { outcomeOf } from '../tamper/tampered-run.ts';
import { allowed, complaintsOfEvidence } from '../tamper/truth.ts';

const { location, password } = inject('postgres');
const newSchema = (): string => `t_${randomBytes(8).toString('hex')}`;

beforeAll(() => void vi.stubEnv('PGPASSWORD', password));
afterAll(() => void vi.unstubAllEnvs());

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

test.each(postgresMutations)(
  'a run gets an allowed verdict after a change of its schema: $name',
  async (mutation) => {
    const schema = newSchema();
    const dir = mkdtempSync(join(tmpdir(), 'nodrop-tamper-'));
    const run = await makeRun(dir, { store: `${location}?schema=${schema}` });
    await alterPostgres(client, schema, mutation);
    const url = new URL(`${location}?schema=${schema}`);
    url.username = reader;
    const outcome = await outcomeOf(run.folder, url.href);
    expect(complaintsOfEvidence(outcome, allowed[mutation.allowed])).toEqual([]);
  },
);
