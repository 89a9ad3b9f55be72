/** `nodrop init` on topics and tables that nodrop did not make, and the candidates that a refused check names. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openPostgresSink } from '../../src/sinks/postgres/sink.ts';
import { parseValuePlace } from '../../src/values/value-place.ts';
import { writeForeignTopic } from '../fixtures/foreign-topic.ts';
import { loadConfigs } from '../fixtures/load-configs.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { ordersFrom, writeOrders } from '../fixtures/order-rows.ts';
import { rowsOfReading } from '../fixtures/sink-rows.ts';
import { connectPostgres } from '../fixtures/postgres.ts';

const bootstrapServers = inject('bootstrapServers');
const postgres = inject('postgres');
const name = `init-${randomBytes(6).toString('hex')}`;
const schema = name.replace('-', '_');
const location = `${postgres.location}?schema=${schema}`;
const orders = ordersFrom(0, 60);
const env = { PGPASSWORD: postgres.password };
let client: Client;

beforeAll(async () => {
  await writeOrders(bootstrapServers, name, orders);
  client = await connectPostgres(postgres);
  await client.query(
    `CREATE SCHEMA ${schema}; SET search_path TO ${schema};
    CREATE TABLE orders (row_number bigserial, event_id text PRIMARY KEY, status text, amount bigint,
      password text, details jsonb, __connect_partition integer, __connect_offset bigint)`,
  );
  const rows = orders.map(({ id, status, amountCents }, offset) => ({
    event_id: id,
    status: status.toUpperCase(),
    amount: amountCents,
    password: 'swordfish',
    details: { order: { at: offset } },
    __connect_partition: 0,
    __connect_offset: offset,
  }));
  const columns = Object.keys(rows[0]!).join(', ');
  await client.query(
    `INSERT INTO orders (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::orders, $1)`,
    [JSON.stringify(rows)],
  );
});
afterAll(async () => {
  await client.query(`DROP SCHEMA ${schema} CASCADE`);
  await client.end();
});

interface Proposed {
  records: { partition: number; offset: number; values: Record<string, string> }[];
  rows: Record<string, string>[];
  candidates: {
    id: string;
    sinkId: string;
    unique: { records: number; rows: number };
    matched: number;
    sampled: number;
  }[];
  command: string | null;
  notes: string[];
}

const init = (...args: string[]): ReturnType<typeof nodropInProcess> =>
  nodropInProcess(['init', '--bootstrap-server', bootstrapServers, '--quiet', ...args], env);

async function proposed(...args: string[]): Promise<Proposed> {
  const { code, stdout, stderr } = await init('--topic', name, ...args, '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Proposed;
}

/** Runs the proposed command, which is for a shell without quotes. */
async function runProposed(command: string): ReturnType<typeof nodropInProcess> {
  const words = command.replaceAll("'", '').split(' ').slice(1);
  return await nodropInProcess([...words, '--quiet', '--dir', newDir(), '--settle', '1ms'], env);
}

describe('proposing a check of a table', () => {
  test('the places of the ids are proposed, with the category and the values that agree, and the command passes', async () => {
    const { records, rows, candidates, command } = await proposed('--sink', location);
    expect(records).toHaveLength(10);
    expect(rows).toHaveLength(10);
    expect(rows[0]).toMatchObject({
      'column:event_id': 'order-0',
      'column:password': '(not shown)',
      'json:details.order.at': '0',
    });
    expect(records.at(-1)).toMatchObject({ partition: 0, offset: 59, values: { 'json:status': 'failed' } });
    expect(candidates[0]).toEqual({
      id: 'header:event-id',
      sinkId: 'column:event_id',
      unique: { records: 60, rows: 60 },
      matched: 60,
      sampled: 60,
    });
    expect(candidates).toContainEqual(
      expect.objectContaining({ id: 'position', sinkId: 'columns:__connect_partition,__connect_offset' }),
    );
    expect(command).toContain('--category json:status --sink-category column:status');
    expect(command).toContain('--category-map open=OPEN,paid=PAID,failed=FAILED');
    expect(command).toContain('--compare json:amountCents=column:amount');
    const ended = await runProposed(command!);
    expect(ended.stderr).toBe('');
    expect(ended.code).toBe(0);
  });
});

describe('proposing for other sinks', () => {
  const copy = `${name}-copy`;
  const stranger = `${name}-stranger`;
  beforeAll(async () => {
    const records = orders.map(({ id, status }) => ({
      payload: JSON.stringify({ order: { id, state: status.slice(0, 1) }, at: 1 }),
    }));
    await writeForeignTopic(bootstrapServers, copy, records);
    await writeForeignTopic(bootstrapServers, stranger, [{ payload: 'no JSON' }, { payload: '{"a":"x"}' }]);
  });

  test('records of another topic are joined by a member of their JSON, and categories by a map', async () => {
    const { candidates, command } = await proposed('--sink', `topic:${copy}`);
    expect(candidates[0]).toMatchObject({ id: 'json:id', sinkId: 'json:order.id', matched: 60, sampled: 60 });
    expect(command).toContain(
      '--category json:status --sink-category json:order.state --category-map open=o,paid=p,failed=f',
    );
  });

  test('a person sees both samples and a command for a shell', async () => {
    const { code, stdout } = await init('--topic', name, '--sink', location);
    expect(code).toBe(0);
    expect(stdout).toMatch(/json:status {7}failed {4}open {6}paid/);
    expect(stdout).toMatch(/header:event-id {2,}column:event_id {2,}60 of 60 {2,}2 values/);
    expect(stdout).toContain(`--topic ${name} \\\n    --id header:event-id`);
    expect(stdout).not.toContain('swordfish');
  });

  test('if nothing identifies the records, init shows what it saw and ends with 64', async () => {
    const query = 'select event_id, status from orders';
    const { code, stdout, stderr } = await init('--topic', stranger, '--sink', location, '--query', query);
    expect(stdout).toContain('json:a');
    expect(stdout).toContain('column:event_id');
    expect(stderr).toContain(`Nothing identifies the records of ${stranger}`);
    expect(code).toBe(64);
  });

  test('if positions are all that agrees, init says that rows of another topic would have the same ones', async () => {
    const { stdout } = await init('--topic', stranger, '--sink', location, '--json');
    const { candidates, notes } = JSON.parse(stdout) as Proposed;
    expect(candidates).toMatchObject([{ id: 'position', matched: 2 }]);
    expect(notes).toContainEqual(expect.stringContaining('make sure that the rows come from this topic'));
  });

  test('a column that agrees for most ids is not compared, but named', async () => {
    await client.query(`CREATE TABLE spoiled AS SELECT * FROM orders`);
    await client.query(`UPDATE spoiled SET amount = 1 WHERE event_id IN ('order-7', 'order-8')`);
    const { command, notes } = await proposed('--sink', location, '--table', 'spoiled');
    const several = await init('--topic', name, '--sink', location);
    await client.query('DROP TABLE spoiled');
    expect(command).not.toContain('--compare');
    expect(notes).toContain(
      'json:amountCents and column:amount agree for 58 of 60 matched ids: not proposed.',
    );
    expect(several.stderr).toContain('--table orders\n    --table spoiled');
    expect(several.code).toBe(64);
  });

  test('PostgreSQL looks ids up in columns of any type, and texts that are no values of it match nothing', async () => {
    await client.query(
      `CREATE TABLE typed AS SELECT 9007199254740993 AS big, 7::smallint AS small, 1.50::numeric(9, 3) AS exact,
        'a"b\\c{}'::varchar(20) AS text, 'x'::char(4) AS padded,
        '0f8fad5b-d9cb-469f-a165-70867728950e'::uuid AS uuid, '10.0.0.1'::inet AS other`,
    );
    const texts = ['9007199254740993', '7', '70000', '1.5', 'a"b\\c{}', 'x', '10.0.0.1/32', 'nul\0', '{}'];
    texts.push('0F8FAD5B-D9CB-469F-A165-70867728950E', '99999999999999999999');
    process.env['PGPASSWORD'] = postgres.password;
    const sink = await openPostgresSink({
      location,
      table: 'typed',
      timeoutMs: 5_000,
      signal: new AbortController().signal,
    });
    const found: Record<string, number> = {};
    for (const column of ['big', 'small', 'exact', 'text', 'padded', 'uuid', 'other']) {
      const place = parseValuePlace(`column:${column}`, '--sink-id');
      for (const [name, wanted] of [[column, texts] as const, [`no ${column}`, ['70000', 'z']] as const]) {
        const reading = await sink.find!([place], place, wanted);
        found[name] = (await rowsOfReading(reading!)).length;
        await reading!.close();
      }
    }
    await client.query('DROP TABLE typed');
    delete process.env['PGPASSWORD'];
    expect(found).toEqual(
      Object.fromEntries(
        ['big', 'small', 'exact', 'text', 'padded', 'uuid', 'other'].flatMap((column) => [
          [column, 1],
          [`no ${column}`, 0],
        ]),
      ),
    );
  });
});

describe('writing a config', () => {
  test.each(['ts', 'yaml'])(
    'a config in .%s has the proposed places, and messages like the records',
    async (ending) => {
      const dir = newDir();
      const file = join(dir, `nodrop.config.${ending}`);
      const { code, stdout, stderr } = await init('--topic', name, '--sink', location, '--config', file);
      expect(stderr).toBe('');
      expect(code).toBe(0);
      expect(stdout).toContain(`Written: ${file}, with the pipeline ${name}.`);
      expect(readFileSync(file, 'utf8')).toContain(`writes 1000 messages into topic ${name}`);
      const [loaded] = loadConfigs([null, dir]);
      expect(loaded).toEqual({
        path: file,
        config: {
          kafka: { bootstrapServers },
          processes: {},
          pipelines: {
            [name]: {
              source: { topic: name },
              category: 'json:status',
              messages: {
                count: 1000,
                make: {
                  key: expect.any(String),
                  headers: { 'event-id': '{id}' },
                  value: { id: '{id}', status: '{pick:open|paid|failed}', amountCents: '{integer:0..413}' },
                },
              },
              sinks: {
                table: {
                  database: location,
                  table: 'orders',
                  id: 'column:event_id',
                  category: 'column:status',
                  categoryMap: { open: 'OPEN', paid: 'PAID', failed: 'FAILED' },
                  compare: { 'json:amountCents': 'column:amount' },
                },
              },
            },
          },
        },
      });
      const again = await init('--topic', name, '--sink', location, '--config', file);
      expect(again.stderr).toContain('this file is there already, and nodrop overwrites none.');
      expect(again.code).toBe(64);
    },
  );
});

test('if positions are all that identifies, no config is written', async () => {
  const strange = `${name}-strange`;
  await writeForeignTopic(bootstrapServers, strange, [{ payload: 'no JSON' }, { payload: '{"a":"x"}' }]);
  const file = join(newDir(), 'nodrop.config.ts');
  const { code, stderr } = await init('--topic', strange, '--sink', location, '--config', file);
  expect(stderr).toContain('Only positions identify the records');
  expect([code, existsSync(file)]).toEqual([64, false]);
});

describe('a check whose ids do not identify', () => {
  const common = ['check', '--bootstrap-server', bootstrapServers, '--topic', name, '--settle', '1ms'];
  const check = (...args: string[]): ReturnType<typeof nodropInProcess> =>
    nodropInProcess([...common, '--quiet', '--sink', location, '--table', 'orders', ...args], env);

  test('if no id of the topic is in the sink, both sides are shown, and places that would do', async () => {
    const dir = newDir();
    const wrong = [
      '--id',
      'header:event-id',
      '--sink-id',
      'column:row_number',
      '--dir',
      dir,
      '--run',
      'wrong',
    ];
    const { code, stdout, stderr } = await check(...wrong);
    expect(stdout).toBe('');
    expect(stderr).toContain('No id of the topic is in postgres://');
    expect(stderr).toMatch(/--id header:event-id {2}--sink-id column:row_number\n {2}records {15}rows\n/);
    expect(stderr).toMatch(/\n {2}order-\d+ {14,}\d+\n/);
    expect(stderr).toContain('--id header:event-id  --sink-id column:event_id  (60 of 60 sampled ids)');
    expect(code).toBe(64);
    expect(existsSync(join(dir, 'runs', 'wrong', 'result.json'))).toBe(false);
  });

  test('if ids repeat too often, those that do are shown, and not the values of a password', async () => {
    const wrong = ['--id', 'json:status', '--sink-id', 'column:password', '--dir', newDir()];
    const { code, stderr } = await check(...wrong);
    expect(stderr).toContain('--id json:status does not identify: 57 of 60 records');
    expect(stderr).toMatch(/\n {2}(open|paid|failed) {2,}\(not shown\)\n/);
    expect(stderr).toContain('--expect latest that ids repeat');
    expect(stderr).not.toContain('swordfish');
    expect(code).toBe(64);
  });

  test('the refusal stands if the search for other places fails', async () => {
    const runs = join(newDir(), 'runs');
    writeFileSync(runs, '');
    const lines = `{"type":"store","id":"x","category":"y"}\n{"type":"complete","of":"store"}`;
    // Two looks succeed; the search is the third.
    const program = `echo >> ${runs}; [ $(wc -l < ${runs}) -lt 3 ] && printf '%s\n' '${lines}'`;
    const places = ['--id', 'header:event-id', '--sink-id', 'column:id', '--dir', newDir()];
    const { code, stderr } = await nodropInProcess(
      [...common, '--quiet', '--sink', `command:${program}`, ...places],
      env,
    );
    expect(stderr).toContain('No id of the topic is in');
    expect(stderr).toContain('Name other places, or let nodrop init look for some.');
    expect(code).toBe(64);
    expect(readFileSync(runs, 'utf8')).toBe('\n\n\n');
  });
});
