/** A store behind a real PgBouncer, which lends one server session to many clients. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { openSnapshot, openStore } from '../../src/stores/engines.ts';
import { dropSchema } from '../../src/stores/postgres/drop-schema.ts';
import { endSessions } from '../../src/stores/postgres/end-sessions.ts';
import { lockPostgres } from '../../src/stores/postgres/lock.ts';
import { FencedError, StoreOutageError, type Store, type StoreOptions } from '../../src/stores/store.ts';
import { hasPooler, startPooler, type PoolerOptions, type RunningPooler } from '../fixtures/pooler.ts';
import { batchOf, categories, placesOf, rowsOf, topic, topicId } from '../fixtures/store-batches.ts';

const postgres = inject('postgres');
let opened: { close: () => Promise<void> }[];
let schema: string;
let pooler: RunningPooler;
let location: string;

beforeEach(() => {
  vi.stubEnv('PGPASSWORD', postgres.password);
  opened = [];
  schema = `t_${randomBytes(8).toString('hex')}`;
  location = `${pooler.location}?schema=${schema}`;
});
afterEach(async () => {
  for (const each of opened) await each.close();
  vi.unstubAllEnvs();
});

function usePooler(options: PoolerOptions): void {
  beforeAll(async () => {
    pooler = await startPooler(postgres, options);
  });
  afterAll(() => pooler.stop());
}

async function open(options: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore(location, { categories, ...options });
  opened.push({ close: () => store.close() });
  return store;
}

/** A session of another program: through the pooler, or directly. */
async function connect(to = pooler.location): Promise<Client> {
  const client = new Client({ connectionString: to });
  opened.push({ close: () => client.end() });
  await client.connect();
  return client;
}

const claim = async (store: Store): Promise<number> =>
  (await store.claim(topic, new Map([[0, 0]]))).get(0)!.epoch;

const write = (store: Store, offset: number, epoch: number): Promise<void> =>
  store.write(topicId, batchOf([0, 0, offset]), [{ partition: 0, from: offset, next: offset + 1, epoch }]);

describe.skipIf(!hasPooler).each([{ mode: 'transaction' as const }, { mode: 'session' as const }])(
  'in $mode mode',
  ({ mode }) => {
    usePooler({ mode, size: 6 });

    test('a store is made by two at once, written, read back and removed', async () => {
      const [store] = await Promise.all([open(), open()]);
      const epoch = await claim(store);
      await write(store, 0, epoch);
      expect(await store.offsets(topicId)).toEqual(new Map([[0, { next: 1, epoch }]]));
      expect(await placesOf(location)).toEqual(['failed 0:0']);
      for (const each of opened.splice(0)) await each.close();
      expect(await dropSchema(location, topic.run)).toBeUndefined();
      await expect(openSnapshot(location)).rejects.toMatchObject({
        message: expect.stringContaining('no store'),
      });
    });

    test('a batch with a row that is stored already is stored without it', async () => {
      const store = await open();
      const epoch = await claim(store);
      await store.write(topicId, batchOf([0, 0, 0]), [{ partition: 0, from: 0, next: 0, epoch }]);
      await store.write(topicId, batchOf([0, 0, 0], [1, 0, 1]), [{ partition: 0, from: 0, next: 2, epoch }]);
      expect(await placesOf(location)).toEqual(['completed 0:1', 'failed 0:0']);
    });

    test('of two consumers, the later one can write and the earlier one is fenced', async () => {
      const [early, late] = [await open(), await open()];
      const epochs = [await claim(early), await claim(late)];
      await expect(write(early, 0, epochs[0]!)).rejects.toThrow(FencedError);
      await write(late, 0, epochs[1]!);
      expect(await rowsOf(location, 'failed')).toHaveLength(1);
    });

    test('a writer that sleeps in its transaction does not block the next owner, and other programs stay connected', async () => {
      const asleep = Promise.withResolvers<void>();
      const awake = Promise.withResolvers<void>();
      const sleeper = await open({
        beforeCommit: async () => {
          asleep.resolve();
          await awake.promise;
        },
      });
      const other = await connect();
      await other.query('BEGIN; SELECT 1');
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
      expect((await other.query('SELECT 1 AS one; COMMIT')) as unknown).toMatchObject([
        { rows: [{ one: 1 }] },
        {},
      ]);
      expect(await rowsOf(location, 'failed')).toHaveLength(1);
    });

    test('a fault ends the session of a writer in its transaction, and nothing of the transaction stays', async () => {
      const ended: number[] = [];
      const store = await open({
        beforeCommit: async () => {
          if (ended.length === 0) ended.push(await endSessions(location, topicId));
        },
      });
      const epoch = await claim(store);
      await expect(write(store, 0, epoch)).rejects.toThrow(StoreOutageError);
      expect(ended).toEqual([1]);
      expect(await store.offsets(topicId)).toEqual(new Map([[0, { next: 0, epoch }]]));
      expect(await placesOf(location)).toEqual([]);
      await write(store, 0, epoch);
      expect(await placesOf(location)).toEqual(['failed 0:0']);
    });

    test('the lock of a fault keeps writers out until it is released', async () => {
      const store = await open();
      const epoch = await claim(store);
      const release = await lockPostgres(location);
      await expect(write(store, 0, epoch)).rejects.toThrow(StoreOutageError);
      await release();
      await write(store, 0, epoch);
    });
  },
);

describe.skipIf(!hasPooler)('with one server session, in transaction mode', () => {
  usePooler({ mode: 'transaction', size: 1 });

  const settingsOf = async (client: Client): Promise<unknown> => {
    const { rows } = await client.query('SELECT name, setting FROM pg_settings ORDER BY name');
    return [rows, (await client.query('SELECT pg_backend_pid() AS pid')).rows];
  };

  test("another program's session keeps its settings", async () => {
    const other = await connect();
    const before = await settingsOf(other);
    const store = await open();
    await write(store, 0, await claim(store));
    await store.offsets(topicId);
    expect(await settingsOf(other)).toEqual(before);
    expect(await endSessions(location, topicId)).toBe(0);
    expect(await dropSchema(location, topic.run)).toBeUndefined();
    expect(await settingsOf(other)).toEqual(before);
  });

  test('settings and temporary tables that another program leaves in the session change no store', async () => {
    const other = await connect();
    const [admin, watcher] = [await connect(postgres.location), await connect(postgres.location)];
    const store = await open();
    const epoch = await claim(store);
    await other.query(`
      CREATE TEMPORARY TABLE offsets (LIKE pg_class); CREATE TEMPORARY TABLE failed (id int);
      CREATE TEMPORARY TABLE messages (id int); CREATE TEMPORARY TABLE _migrations (id int);
      SET search_path TO pg_catalog; SET default_transaction_isolation TO serializable;
      SET application_name TO 'other'; SET lock_timeout TO 100; SET statement_timeout TO 100`);
    // The write has to wait for longer than the other program would.
    await admin.query(`BEGIN; LOCK TABLE ${schema}.offsets IN EXCLUSIVE MODE`);
    const writing = write(store, 0, epoch);
    writing.catch(() => undefined);
    await vi.waitFor(async () => {
      const { rows } = await watcher.query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'nodrop-%'
        AND now() - query_start > '300ms'`,
      );
      expect(rows).toHaveLength(1);
    });
    await admin.query('COMMIT');
    await writing;
    const { rows } = await admin.query(
      `SELECT category, next_offset FROM ${schema}.messages, ${schema}.offsets`,
    );
    expect(rows).toEqual([{ category: 'failed', next_offset: '1' }]);
  });
});

describe.skipIf(!hasPooler)('in statement mode', () => {
  usePooler({ mode: 'statement' });

  test('a store is refused, and the error names the modes that work', async () => {
    await expect(openStore(location, { categories })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('transaction blocks not allowed in statement pooling mode'),
      hint: 'Set pool_mode to transaction or session for this database in the pooler, or name the server itself.',
    });
  });
});
