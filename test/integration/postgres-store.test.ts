/** A store on a PostgreSQL server that crashes, restarts, cuts sessions or holds locks. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openSnapshot, openStore } from '../../src/stores/engines.ts';
import {
  FencedError,
  RowBatch,
  StoreOutageError,
  type Store,
  type StoreOptions,
} from '../../src/stores/store.ts';
import { startPostgres, type RunningPostgres } from '../fixtures/postgres.ts';
import {
  batchOf,
  categories,
  placesOf,
  rowsOf,
  topic,
  topicId,
  valuesOf,
  allRows,
} from '../fixtures/store-batches.ts';

// These tests have their own server, since they crash it.
let server: RunningPostgres;
let opened: { close: () => Promise<void> }[];
let schema: string;
let location: string;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());
beforeEach(() => {
  vi.stubEnv('PGPASSWORD', server.password);
  schema = `t_${randomBytes(8).toString('hex')}`;
  location = `${server.location}?schema=${schema}`;
  opened = [];
});
afterEach(async () => {
  for (const each of opened) await each.close();
  vi.unstubAllEnvs();
});

async function open(options: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore(location, { categories, ...options });
  opened.push({ close: () => store.close() });
  return store;
}

/** A session of another program. */
async function connect(applicationName = 'somebody'): Promise<Client> {
  const client = new Client({ connectionString: server.location, application_name: applicationName });
  client.on('error', () => undefined);
  opened.push({ close: () => client.end() });
  await client.connect();
  await client.query(`SET search_path TO ${schema}`);
  return client;
}

const claim = async (store: Store): Promise<number> =>
  (await store.claim(topic, new Map([[0, 0]]))).get(0)!.epoch;

const write = (store: Store, offset: number, epoch: number): Promise<void> =>
  store.write(topicId, batchOf([0, 0, offset]), [{ partition: 0, from: offset, next: offset + 1, epoch }]);

async function ownerOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ owner: string }>('SELECT owner FROM offsets');
  return rows[0]!.owner;
}

async function backendsOf(client: Client, owner: string): Promise<number[]> {
  const select = 'SELECT pid FROM pg_stat_activity WHERE application_name = $1';
  const { rows } = await client.query<{ pid: number }>(select, [owner]);
  return rows.map(({ pid }) => pid);
}

/** Retries while the server recovers. */
const afterRecovery = <T>(action: () => Promise<T>): Promise<T> =>
  vi.waitFor(action, { timeout: 20_000, interval: 50 });

interface Trouble {
  name: string;
  /** Is called while a write is in its transaction. */
  strike: () => Promise<void>;
  mend: () => Promise<void>;
}

const troubles: Trouble[] = [
  {
    name: 'the server crashes',
    strike: () => server.stopImmediately(),
    mend: () => server.start(),
  },
  {
    name: 'the server is stopped',
    strike: () => server.stop(),
    mend: () => server.start(),
  },
  {
    name: 'the server process of the session is killed',
    strike: async () => {
      const client = await connect();
      const [pid] = await backendsOf(client, await ownerOf(client));
      process.kill(pid!, 'SIGKILL');
    },
    mend: async () => undefined,
  },
];

test.each(troubles)(
  'if $name during a transaction, none of its rows stays, and the store works again afterwards',
  async (trouble) => {
    let strikes = 1;
    const store = await open({
      beforeCommit: async () => {
        if (strikes-- > 0) await trouble.strike();
      },
    });
    const epoch = await claim(store);
    await expect(write(store, 0, epoch)).rejects.toThrow(StoreOutageError);
    await trouble.mend();
    expect(await afterRecovery(() => store.offsets(topicId))).toEqual(new Map([[0, { next: 0, epoch }]]));
    expect(await placesOf(location)).toEqual([]);
    await write(store, 0, epoch);
    expect(await placesOf(location)).toEqual(['failed 0:0']);
  },
);

test('while the server is down each call fails as an outage, and the same store works when it is back', async () => {
  const store = await open();
  await server.stop();
  const away = expect.objectContaining({
    message: expect.stringMatching(
      /^The store postgres:\/\/127\.0\.0\.1:\d+\/postgres\?schema=\w+ cannot be used: ./,
    ),
    hint: expect.stringContaining('nothing was lost'),
  });
  await expect(store.offsets(topicId)).rejects.toEqual(away);
  await expect(store.offsets(topicId)).rejects.toEqual(away);
  await expect(openStore(location, { categories })).rejects.toEqual(away);
  await expect(openStore(location.replace('127.0.0.1', 'localhost'), { categories })).rejects.toMatchObject({
    message: expect.stringContaining('ECONNREFUSED'),
  });
  await server.start();
  expect(await store.offsets(topicId)).toEqual(new Map());
});

test('the store opens a new session if the server ended its idle one', async () => {
  const store = await open();
  const epoch = await claim(store);
  const client = await connect();
  const [pid] = await backendsOf(client, await ownerOf(client));
  await client.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
  await afterRecovery(() => write(store, 0, epoch));
  expect(await placesOf(location)).toEqual(['failed 0:0']);
});

test('a writer that sleeps in its transaction does not block the next owner, and is fenced when it wakes', async () => {
  const asleep = Promise.withResolvers<void>();
  const awake = Promise.withResolvers<void>();
  const sleeper = await open({
    beforeCommit: async () => {
      asleep.resolve();
      await awake.promise;
    },
  });
  const early = await claim(sleeper);
  const sleeping = write(sleeper, 0, early);
  sleeping.catch(() => undefined);
  await asleep.promise;
  const next = await open();
  const late = await claim(next);
  await write(next, 0, late);
  awake.resolve();
  await expect(sleeping).rejects.toThrow(StoreOutageError);
  await expect(write(sleeper, 0, early)).rejects.toThrow(FencedError);
  expect(await rowsOf(location, 'failed')).toHaveLength(1);
});

test('a lock of another program on the offsets makes a claim fail as an outage', async () => {
  const store = await open();
  await claim(store);
  const client = await connect();
  await client.query('BEGIN; UPDATE offsets SET next_offset = 9');
  await expect(claim(store)).rejects.toThrow(StoreOutageError);
  await client.query('ROLLBACK');
  expect(await claim(store)).toBe(2);
});

test('the open transaction of a lost session is ended before offsets are read', async () => {
  const store = await open();
  const epoch = await claim(store);
  const admin = await connect();
  const owner = await ownerOf(admin);
  for (const pid of await backendsOf(admin, owner)) {
    await admin.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
  }
  // This session stands for one that the server does not yet know to be lost.
  const left = await connect(owner);
  await left.query('BEGIN; UPDATE offsets SET next_offset = 9');
  expect(await afterRecovery(() => store.offsets(topicId))).toEqual(new Map([[0, { next: 0, epoch }]]));
  await expect(left.query('COMMIT')).rejects.toThrow(/terminat|not queryable/);
  expect(await backendsOf(admin, owner)).toHaveLength(1);
  expect(await store.offsets(topicId)).toEqual(new Map([[0, { next: 0, epoch }]]));
});

test('NUL and lone surrogates, which PostgreSQL texts cannot hold, are replaced and do not fail the batch', async () => {
  const store = await open();
  const text = 'a\0b\ud800';
  const texts = { run: text, producer: text, id: text, digest: text };
  const batch = RowBatch.of([{ ...valuesOf(0, 0, 0), ...texts }]);
  batch.deadLetters.push({ partition: 0, offset: 1, key: null, payload: null, headers: null, reason: '\0' });
  await store.write(topicId, batch, []);
  const [row] = await rowsOf(location, 'failed');
  const replaced = 'a\ufffdb\ufffd';
  expect(row).toMatchObject({ run: replaced, producer: replaced, id: replaced, digest: replaced });
});

test('a wrong password fails at once, and the error does not show it', async () => {
  vi.stubEnv('PGPASSWORD', 'quite-wrong');
  const failure = await openStore(location, { categories }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'unavailable', hint: expect.stringContaining('PGPASSWORD') });
  expect(JSON.stringify([String(failure), (failure as Error).stack, failure])).not.toContain('quite-wrong');
});

test('the password may come from the file that PGPASSFILE names, without a warning', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'nodrop-pgpass-')), 'pgpass');
  writeFileSync(file, `127.0.0.1:*:postgres:postgres:${server.password}\n`, { mode: 0o600 });
  vi.stubEnv('PGPASSWORD', undefined);
  vi.stubEnv('PGPASSFILE', file);
  const warned = vi.fn<(warning: Error) => void>();
  process.on('warning', warned);
  await (await openStore(location, { categories })).close();
  process.off('warning', warned);
  expect(warned).not.toHaveBeenCalled();
});

test('a missing database and a missing password each fail with an error that says so', async () => {
  await expect(openStore(location.replace('/postgres?', '/missing?'), { categories })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('does not exist'),
  });
  await expect(openSnapshot(location.replace('/postgres?', '/missing?'))).rejects.toMatchObject({
    message: expect.stringContaining('There is no store at'),
  });
  vi.stubEnv('PGPASSWORD', '');
  vi.stubEnv('PGPASSFILE', '/missing');
  await expect(openStore(location, { categories })).rejects.toMatchObject({ code: 'unavailable' });
});

test('a user without the right to create schemas can use an existing store', async () => {
  await open();
  const admin = await connect();
  await admin.query(`
    CREATE ROLE r_${schema} LOGIN PASSWORD 'secret';
    GRANT USAGE ON SCHEMA ${schema} TO r_${schema};
    GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ${schema} TO r_${schema}`);
  vi.stubEnv('PGPASSWORD', 'secret');
  const theirs = (name: string): string =>
    `${server.location.replace('postgres@', `r_${schema}@`)}?schema=${name}`;
  const store = await openStore(theirs(schema), { categories });
  await write(store, 0, await claim(store));
  await store.close();
  await expect(openStore(theirs(`${schema}_2`), { categories })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('permission denied'),
  });
});

test('if the server ends a scan, the scan fails and the snapshot can be scanned again', async () => {
  const store = await open();
  const payload = randomBytes(2_000);
  const batch = RowBatch.of(
    Array.from({ length: 5_000 }, (_, offset) => ({ ...valuesOf(0, 0, offset), payload })),
  );
  await store.write(topicId, batch, []);
  const admin = await connect();
  const snapshot = await openSnapshot(location);
  opened.push({ close: () => snapshot.close() });
  const scan = async (): Promise<void> => {
    for await (const rows of snapshot.rows('failed')) {
      expect(rows.count).not.toBe(0);
      await admin.query(
        `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE 'COPY (%'`,
      );
    }
  };
  await expect(scan()).rejects.toMatchObject({
    message: expect.stringContaining('The store postgres://'),
  });
  expect(await allRows(snapshot, 'failed')).toHaveLength(5_000);
});
