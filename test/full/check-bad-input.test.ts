/** `nodrop check` on wrong input: an exit code, and one sentence that says what is wrong, where, and what to do. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Client } from 'pg';
import { withAdmin, type AdminAccess } from '../../src/kafka/client/topics.ts';
import { freePorts } from '../../src/system/ports.ts';
import { openPostgres, type CheckRow } from '../fixtures/check-sinks.ts';
import { newDir, nodrop, start } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { ordersFrom, type Order } from '../fixtures/order-rows.ts';
import { OrderTopic } from '../fixtures/order-topic.ts';
import { checksDir, runCheck, runCheckWith, summaryOf, withDefaults } from '../fixtures/run-check.ts';
import { hasSmallDisks, smallDisk } from '../fixtures/small-disk.ts';
import { toldLooks } from '../fixtures/told-looks.ts';

const access: AdminAccess = { bootstrapServers: inject('bootstrapServers'), client: {}, timeoutMs: 20_000 };
const { location, password } = inject('postgres');
const orders = ordersFrom(0, 20);
const table = `orders_${randomBytes(6).toString('hex')}`;
const unreadable = `unreadable_${randomBytes(6).toString('hex')}`;
let client: Client;
let topic: OrderTopic;
let empty: OrderTopic;

beforeAll(async () => {
  topic = await OrderTopic.create();
  await topic.addOrders(orders);
  empty = await OrderTopic.create();
  client = await openPostgres();
  await client.query(`CREATE TABLE ${table} (event_id text, status text, amount bigint)`);
  await client.query(
    `INSERT INTO ${table} SELECT x->>'id', x->>'status', (x->>'amountCents')::bigint FROM json_array_elements($1) AS x`,
    [JSON.stringify(orders)],
  );
  await client.query(`CREATE ROLE ${unreadable} LOGIN PASSWORD '${password}'`);
});
afterAll(async () => {
  await client.query(`DROP TABLE ${table}; DROP ROLE ${unreadable}`);
  await client.end();
  await topic[Symbol.asyncDispose]();
  await empty[Symbol.asyncDispose]();
});

const rowsOf = (all: readonly Order[]): CheckRow[] =>
  all.map(({ id, status, amountCents }, offset) => ({
    event_id: id,
    status,
    amount: amountCents,
    partition: 0,
    offset,
  }));

/** A sound check. An option that is given again replaces that of here; `undefined` leaves it out. */
function argsWith(changed: Readonly<Record<string, string | undefined>>): string[] {
  const options: Record<string, string | undefined> = {
    '--topic': topic.name,
    '--id': 'header:event-id',
    '--sink': location,
    '--sink-id': 'column:event_id',
    '--table': table,
    ...changed,
  };
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

/** The error that ends a check: whole, and without a trace of the program's own. */
async function errorOf(changed: Readonly<Record<string, string | undefined>>, code: number): Promise<string> {
  const ended = await runCheck(...argsWith(changed));
  expect({ code: ended.code, result: ended.result }, ended.stderr).toEqual({ code, result: undefined });
  expect(ended.stderr).not.toMatch(/^ +at |\bbug\b|undefined|\[object|Error:/m);
  expect(ended.stderr).not.toContain(password);
  return ended.stderr;
}

test('the check that the others change passes', async () => {
  expect(summaryOf(await runCheck(...argsWith({})))).toMatchObject({ code: 0, right: 20 });
});

describe('options', () => {
  test.for<[changed: Record<string, string | undefined>, says: RegExp]>([
    [{ '--topic': undefined }, /--topic NAME is missing/],
    [{ '--topic': 'no topic' }, /--topic.*name of a topic/],
    [{ '--topic': '' }, /--topic.*name of a topic/],
    [{ '--id': undefined }, /--id PLACE is missing/],
    [{ '--id': 'event-id' }, /--id event-id is no place/],
    [{ '--id': '' }, /--id .*no place/],
    [{ '--id': 'json:a..b' }, /--id json:a\.\.b: a name of the path is empty/],
    [{ '--id': 'column:event_id' }, /--id column:event_id: records of a topic have no columns/],
    [{ '--id': 'columns:partition,offset' }, /--id columns:partition,offset: a record has no columns/],
    [{ '--id': 'position' }, /--id position and --sink-id column:event_id do not go together/],
    [{ '--sink-id': undefined }, /--sink-id PLACE is missing/],
    [{ '--sink-id': 'columns:one' }, /--sink-id columns:one: .*PARTITION,OFFSET/],
    [{ '--sink-id': 'header:event-id' }, /header:event-id/],
    [{ '--sink-id': 'column:nope' }, /no column nope.*|nope/],
    [{ '--sink': undefined }, /--sink LOCATION is missing/],
    [{ '--sink': 'oracle://localhost/db' }, /sink is of no known kind/],
    [{ '--sink': '' }, /sink is of no known kind/],
    [{ '--sink': 'env:NODROP_NO_SUCH_VARIABLE' }, /--sink env:NODROP_NO_SUCH_VARIABLE.*not set/],
    [{ '--sink': 'topic:', '--table': undefined }, /topic/],
    [{ '--sink': 'file:', '--table': undefined }, /file/],
    [{ '--sink': 'file:/no/such/folder/*.jsonl', '--table': undefined }, /\/no\/such\/folder/],
    [{ '--sink': 'command:', '--table': undefined }, /command/],
    [{ '--table': undefined }, /--query or --table/],
    [{ '--table': 'no_such_table' }, /no_such_table/],
    [{ '--query': 'select 1' }, /--query and --table exclude each other/],
    [{ '--category': 'json:status' }, /--category and --sink-category belong together/],
    [{ '--category-map': 'open=OPEN' }, /--category-map needs --category/],
    [{ '--category-map': 'open' }, /--category-map.*NAME=NAME/],
    [{ '--compare': 'json:amountCents' }, /--compare.*two parts/],
    [{ '--compare': 'amount=column:amount' }, /--compare amount is no place/],
    [{ '--compare': 'json:amountCents=column:nope' }, /nope/],
    [{ '--expect': 'twice' }, /--expect.*once, at-least-once, latest/],
    [{ '--version': 'json:n' }, /--version needs --expect latest/],
    [{ '--drop-when': 'json:test' }, /--drop-when.*two parts/],
    [{ '--drop-because': 'they are tests' }, /--drop-because needs --drop-when/],
    [{ '--dead-letters': 'dlq' }, /--dead-letters dlq: write topic:NAME or table:NAME/],
    [{ '--dead-letters': 'topic:no-such-topic' }, /no-such-topic.*does not exist/],
    [{ '--dead-letters': 'table:no_such_table' }, /no_such_table/],
    [{ '--group': '' }, /--group/],
    [{ '--settle': 'soon' }, /--settle/],
    [{ '--settle': '-1s' }, /--settle/],
    [{ '--timeout': '0' }, /--timeout/],
    [{ '--sample': '0' }, /--sample/],
    [{ '--sample': 'many' }, /--sample/],
    [{ '--route': 'json:status' }, /--route needs several sinks/],
    [{ '--from': 'yesterday' }, /--from.*earliest/],
    [{ '--from': '0' }, /--from.*earliest/],
    [{ '--from': '0:1,0:2' }, /--from.*partition 0 twice/],
    [{ '--from': '7:0' }, /has no partition 7.*--from/s],
    [{ '--to': '2026-13-45' }, /--to.*earliest/],
    [{ '--from': '0:10', '--to': '0:5' }, /--to.*before --from/],
    [{ '--from': '2026-11-29T08:00Z', '--to': '2026-11-28T08:00Z' }, /--to.*before --from/],
    [{ '--from': 'latest', '--to': 'earliest' }, /--to.*before --from/],
    [{ '--run': '../escape' }, /--run/],
    [{ '--dir': '' }, /--dir/],
    [{ '--nonsense': '1' }, /--nonsense/],
    [{ '--topic': 'no-such-topic' }, /Topic no-such-topic does not exist/],
  ])('%j', async ([changed, says]) => {
    expect(await errorOf(changed, 64)).toMatch(says);
  });

  test('a topic that is given twice, and a sink that is the topic', async () => {
    const twice = await runCheck(...argsWith({}), '--topic', topic.name);
    expect(twice).toMatchObject({ code: 64, stderr: expect.stringContaining('--topic names a topic twice') });
    const same = await errorOf(
      { '--sink': `topic:${topic.name}`, '--table': undefined, '--sink-id': 'header:event-id' },
      64,
    );
    expect(same).toMatch(/--sink topic:\S+: this is the topic that is checked/);
  });

  test('more comparisons than a result can tell apart', async () => {
    const pairs = Array.from({ length: 31 }, () => ['--compare', 'json:amountCents=column:amount']).flat();
    const ended = await runCheck(...argsWith({}), ...pairs);
    expect(ended).toMatchObject({ code: 64, stderr: expect.stringMatching(/--compare.*30/) });
  });
});

describe('sinks', () => {
  test.for<[query: string, code: number, says: RegExp]>([
    ['selec 1', 64, /begins with selec/],
    ['select nope from orders_that_are_not', 64, /orders_that_are_not/],
    ['select 1 as event_id; select 2', 64, /more than one statement/],
    ['delete from x', 64, /begins with delete/],
    ['select (1/0)::text as event_id', 64, /division by zero/],
    ['', 64, /empty|--query/],
  ])('the query %j', async ([query, code, says]) => {
    expect(await errorOf({ '--table': undefined, '--query': query }, code)).toMatch(says);
  });

  test('a query that does not end', async () => {
    const query = 'select pg_sleep(60)::text as event_id';
    const said = await errorOf({ '--table': undefined, '--query': query, '--timeout': '1s' }, 69);
    expect(said).toMatch(/no answer within 1 s.*--timeout/s);
  });

  test('a table that the user may not read', async () => {
    const sink = location.replace('postgres@', `${unreadable}@`);
    const said = await errorOf({ '--sink': sink }, 69);
    expect(said).toMatch(/permission denied.*GRANT SELECT/s);
  });

  test('a database that is not there', async () => {
    const [port] = await freePorts(1);
    expect(await errorOf({ '--sink': `postgres://postgres@127.0.0.1:${port}/x` }, 69)).toMatch(
      /cannot be reached/,
    );
  });

  test('a wrong password is not repeated', async () => {
    const sink = location.replace('postgres@', 'postgres:not-the-password@');
    const said = await errorOf({ '--sink': sink }, 69);
    expect(said).toMatch(/password/);
    expect(said).not.toContain('not-the-password');
  });

  test('a program that fails', async () => {
    const said = await errorOf({ '--sink': 'command:echo broken >&2; exit 3', '--table': undefined }, 69);
    expect(said).toMatch(/3/);
    expect(said).toMatch(/broken/);
  });

  test('a table that another session locks', async () => {
    const other = await openPostgres();
    await other.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    const said = await errorOf({ '--timeout': '1s' }, 69);
    await other.query('ROLLBACK');
    await other.end();
    expect(said).toMatch(/no answer within 1 s|lock/);
  });

  test('a table that is dropped between two looks', async () => {
    const gone = `gone_${randomBytes(6).toString('hex')}`;
    await client.query(`CREATE TABLE ${gone} AS SELECT * FROM ${table} WHERE event_id <> 'order-3'`);
    const run = randomBytes(6).toString('hex');
    const ended = runCheck(...argsWith({ '--table': gone, '--run': run, '--settle': '1s' }));
    await expect.poll(() => existsSync(join(checksDir, 'runs', run, 'later-1.facts'))).toBe(true);
    await client.query(`DROP TABLE ${gone}`);
    expect(await ended).toMatchObject({ code: 64, stderr: expect.stringContaining(gone) });
  });
});

describe('topics', () => {
  test('a broker that is not there', async () => {
    const [port] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const said = await errorOf({ '--bootstrap-server': address, '--timeout': '2s' }, 69);
    expect(said).toContain(address);
  });

  test('an empty topic is nothing to judge', async () => {
    const looks = toldLooks([]);
    const ended = await runCheck(
      ...argsWith({ '--topic': empty.name, '--sink': looks.args[1]!, '--table': undefined }),
    );
    expect(summaryOf(ended)).toMatchObject({
      code: 2,
      found: [],
      notChecked: expect.arrayContaining([expect.stringMatching(/holds no record/)]),
    });
  });

  test('a range beyond the end is nothing to judge', async () => {
    const ended = await runCheck(...argsWith({ '--from': '0:1000' }));
    expect(summaryOf(ended)).toMatchObject({
      code: 2,
      found: [],
      notChecked: expect.arrayContaining([expect.stringMatching(/no record/)]),
    });
  });

  test('a topic that is created again while it is checked', async () => {
    const made = await OrderTopic.create();
    await made.addOrders(orders);
    const looks = toldLooks(rowsOf(orders).slice(1), rowsOf(orders));
    looks.hold(2);
    const ended = runCheck(
      ...argsWith({ '--topic': made.name, '--sink': looks.args[1]!, '--table': undefined }),
    );
    await looks.reached(2);
    await withAdmin(access, (admin) => admin.deleteTopics({ topics: [made.name] }));
    await made[Symbol.asyncDispose]();
    await using again = await OrderTopic.create(1, {}, made.name);
    await again.addOrders(orders);
    looks.release(2);
    expect(await ended).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(/Topic \S+ was deleted and created again while it was checked/),
    });
  });

  test('a topic that is deleted while it is checked', async () => {
    const made = await OrderTopic.create();
    await made.addOrders(orders);
    const looks = toldLooks(rowsOf(orders).slice(1), rowsOf(orders));
    looks.hold(2);
    const ended = runCheck(
      ...argsWith({ '--topic': made.name, '--sink': looks.args[1]!, '--table': undefined }),
    );
    await looks.reached(2);
    await withAdmin(access, (admin) => admin.deleteTopics({ topics: [made.name] }));
    await made[Symbol.asyncDispose]();
    looks.release(2);
    expect(await ended).toMatchObject({ code: 69, stderr: expect.stringContaining(made.name) });
  });
});

describe('the folder', () => {
  test('a folder that cannot be made', async () => {
    const file = join(newDir(), 'file');
    writeFileSync(file, '');
    expect(await errorOf({ '--dir': file }, 69)).toContain(file);
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be written', async () => {
    const dir = newDir();
    chmodSync(dir, 0o500);
    expect(await errorOf({ '--dir': dir }, 64)).toContain(dir);
  });

  test('an id that is used', async () => {
    const run = randomBytes(6).toString('hex');
    expect((await runCheck(...argsWith({ '--run': run }))).code).toBe(0);
    expect(await errorOf({ '--run': run }, 64)).toContain(run);
  });

  test('two checks at once in one folder', async () => {
    const ended = await Promise.all(
      [1, 2].map(() => nodrop(['check', ...withDefaults(argsWith({}))], { PGPASSWORD: password })),
    );
    expect(
      ended.map(({ code }) => code),
      ended[1]!.stderr,
    ).toEqual([0, 0]);
  });

  test('two checks at once with one id: the second is refused', async () => {
    const run = randomBytes(6).toString('hex');
    const looks = toldLooks(rowsOf(orders));
    looks.hold(1);
    const args = withDefaults(argsWith({ '--run': run, '--sink': looks.args[1]!, '--table': undefined }));
    const first = start(['check', ...args]);
    await looks.reached(1);
    const second = await nodropInProcess(['check', ...args]);
    looks.release(1);
    expect(second).toMatchObject({ code: 64, stderr: expect.stringContaining(run) });
    expect((await first.ended).code).toBe(0);
  });

  test.skipIf(!hasSmallDisks)('a disk that is too small is refused before anything is read', async () => {
    using disk = smallDisk('8k');
    expect(await errorOf({ '--dir': disk.path }, 69)).toMatch(/MB|no space|space/i);
  });

  test.skipIf(!hasSmallDisks)('a disk that is full in the middle of a check', async () => {
    using disk = smallDisk('64k');
    const looks = toldLooks(rowsOf(orders));
    looks.hold(1);
    const args = { '--dir': disk.path, '--sink': looks.args[1]!, '--table': undefined };
    const ended = runCheckWith({}, ...argsWith(args));
    await looks.reached(1);
    disk.fill();
    looks.release(1);
    const { code, stderr } = await ended;
    expect({ code, stderr }).toMatchObject({ code: 69, stderr: expect.stringMatching(/space|full/i) });
    expect(stderr).toContain(disk.path);
  });

  test('a check that is killed leaves a folder that clean removes', async () => {
    const dir = newDir();
    const looks = toldLooks(rowsOf(orders));
    looks.hold(1);
    const args = withDefaults(argsWith({ '--dir': dir, '--sink': looks.args[1]!, '--table': undefined }));
    const { child, ended } = start(['check', ...args]);
    await looks.reached(1);
    child.kill('SIGKILL');
    await ended;
    looks.release(1);
    expect(readdirSync(join(dir, 'runs'))).toHaveLength(1);
    const cleaned = await nodropInProcess(['clean', '--dir', dir, '--yes']);
    expect(cleaned, cleaned.stderr).toMatchObject({ code: 0 });
    expect(existsSync(join(dir, 'runs')) ? readdirSync(join(dir, 'runs')) : []).toEqual([]);
  });

  test('Ctrl-C ends a check at once', async () => {
    const dir = newDir();
    const looks = toldLooks(rowsOf(orders));
    looks.hold(1);
    const args = withDefaults(argsWith({ '--dir': dir, '--sink': looks.args[1]!, '--table': undefined }));
    const { child, ended } = start(['check', ...args]);
    await looks.reached(1);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    looks.release(1);
    expect(code, stderr).toBe(130);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
