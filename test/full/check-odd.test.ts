/** `nodrop check` of pipelines that look odd and are sound, and of others that are not and look as if they were. */
import { randomBytes } from 'node:crypto';
import { describe, expect, inject, test, vi } from 'vitest';
import { deleteRecordsBelow, withAdmin, type AdminAccess } from '../../src/kafka/client/topics.ts';
import { openPostgres, sinkKinds, type CheckRow } from '../fixtures/check-sinks.ts';
import { OrderTopic } from '../fixtures/order-topic.ts';
import { ordersFrom, type Order } from '../fixtures/order-rows.ts';
import { runCheck, summaryOf } from '../fixtures/run-check.ts';
import { toldLooks } from '../fixtures/told-looks.ts';

const bootstrapServers = inject('bootstrapServers');
const access: AdminAccess = { bootstrapServers, client: {}, timeoutMs: 20_000 };

const rowsOf = (orders: readonly Order[], partition = 0, first = 0): CheckRow[] =>
  orders.map(({ id, status, amountCents }, index) => ({
    event_id: id,
    status,
    amount: amountCents,
    partition,
    offset: first + index,
  }));

const ids = ['--id', 'header:event-id', '--sink-id', 'column:event_id'];
const values = ['--compare', 'json:amountCents=column:amount'];
const categories = ['--category', 'json:status', '--sink-category', 'column:status'];
const all = [...ids, ...values, ...categories];

const passed = (right: number) => ({ code: 0, right, found: [] });
const failed = (kind: string, id: string, count = 1) => ({
  code: 1,
  found: [{ kind, blame: 'consumer', count, ids: count === 1 ? [id] : expect.arrayContaining([id]) }],
});

async function topicOf(orders: readonly Order[]): Promise<OrderTopic> {
  const topic = await OrderTopic.create();
  await topic.addOrders(orders);
  return topic;
}

const orders = ordersFrom(0, 60);
const without = (rows: readonly CheckRow[], ...offsets: number[]): CheckRow[] =>
  rows.filter(({ offset }) => !offsets.includes(offset));

describe('a topic that grows while it is checked', () => {
  test('rows of records that came after the first look are not from nowhere', async () => {
    await using topic = await topicOf(orders);
    const late = ordersFrom(60, 5);
    const rows = rowsOf(orders);
    const looks = toldLooks(without(rows, 17), [...rows, ...rowsOf(late, 0, 60)]);
    looks.hold(2);
    const ended = runCheck('--topic', topic.name, ...looks.args, ...all);
    await looks.reached(2);
    await topic.addOrders(late);
    looks.release(2);
    expect(summaryOf(await ended)).toMatchObject(passed(60));
  });

  test('a record that is missing in both looks is lost, and nothing else is found', async () => {
    await using topic = await topicOf(orders);
    const late = ordersFrom(60, 5);
    const rows = without(rowsOf(orders), 17);
    const looks = toldLooks(rows, [...rows, ...rowsOf(late, 0, 60)]);
    looks.hold(2);
    const ended = runCheck('--topic', topic.name, ...looks.args, ...all);
    await looks.reached(2);
    await topic.addOrders(late);
    looks.release(2);
    expect(summaryOf(await ended)).toMatchObject(failed('lost', 'order-17 at 0:17'));
  });
});

describe('rows that come and go between two looks', () => {
  test('a row that comes late is not lost', async () => {
    await using topic = await topicOf(orders);
    const looks = toldLooks(without(rowsOf(orders), 17), rowsOf(orders));
    expect(summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...all))).toMatchObject(passed(60));
  });

  test('a row that was there at first and then no more is lost', async () => {
    await using topic = await topicOf(orders);
    const looks = toldLooks(without(rowsOf(orders), 17), without(rowsOf(orders), 30));
    expect(summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...all))).toMatchObject(
      failed('lost', 'order-30 at 0:30'),
    );
  });

  test('a row that is away during one look only, as one that is replaced, is not lost', async () => {
    await using topic = await topicOf(orders);
    const looks = toldLooks(without(rowsOf(orders), 17), without(rowsOf(orders), 30), rowsOf(orders));
    expect(summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...all))).toMatchObject(passed(60));
  });

  test('a row that becomes wrong between the looks is found', async () => {
    await using topic = await topicOf(orders);
    const wrong = rowsOf(orders).map((row) => (row.offset === 30 ? { ...row, amount: -1 } : row));
    const looks = toldLooks(without(rowsOf(orders), 17), wrong);
    expect(summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...all))).toMatchObject(
      failed('corrupted', 'order-30 at 0:30'),
    );
  });

  test('a wrong row that comes between the looks is found', async () => {
    await using topic = await topicOf(orders);
    const [stranger] = rowsOf(ordersFrom(1000, 1), 0, 99);
    const looks = toldLooks(without(rowsOf(orders), 17), [...rowsOf(orders), stranger!]);
    expect(summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...all))).toMatchObject(
      failed('phantom', 'order-1000'),
    );
  });

  test('a sink that never comes to rest is inconclusive, and a sentence says so', async () => {
    await using topic = await topicOf(orders);
    const rows = rowsOf(orders);
    const looks = toldLooks(...Array.from({ length: 60 }, (_, index) => rows.slice(0, index)));
    const ended = await runCheck('--topic', topic.name, ...looks.args, ...all, '--timeout', '1500ms');
    expect(summaryOf(ended)).toMatchObject({
      code: 2,
      found: [],
      notChecked: expect.arrayContaining([expect.stringMatching(/not drained/)]),
    });
  });
});

describe('transactions', () => {
  test('aborted records that the application left out are not lost', async () => {
    await using topic = await topicOf(ordersFrom(0, 10));
    await topic.transact(ordersFrom(10, 10), 'abort');
    await topic.transact(ordersFrom(20, 10), 'commit');
    const looks = toldLooks(rowsOf([...ordersFrom(0, 10), ...ordersFrom(20, 10)]));
    expect(summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...all))).toMatchObject(passed(20));
  });

  test('an aborted record that is in the sink is found', async () => {
    await using topic = await topicOf(ordersFrom(0, 10));
    await topic.transact(ordersFrom(10, 10), 'abort');
    const looks = toldLooks(rowsOf(ordersFrom(0, 11)));
    expect(summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...all))).toMatchObject(
      failed('aborted-read', 'order-10 at 0:10'),
    );
  });

  test('records of a transaction that is aborted beyond the range are not lost', async () => {
    await using topic = await topicOf(ordersFrom(0, 10));
    await topic.transact(ordersFrom(10, 10), 'abort');
    const looks = toldLooks(rowsOf(ordersFrom(0, 10)));
    const ended = await runCheck('--topic', topic.name, '--to', '0:15', ...looks.args, ...all);
    expect(summaryOf(ended)).toMatchObject(passed(10));
  });

  test('records of a transaction that is committed beyond the range are expected', async () => {
    await using topic = await topicOf(ordersFrom(0, 10));
    await topic.transact(ordersFrom(10, 10), 'commit');
    const looks = toldLooks(without(rowsOf(ordersFrom(0, 20)), 12));
    const ended = await runCheck('--topic', topic.name, '--to', '0:15', ...looks.args, ...all);
    expect(summaryOf(ended)).toMatchObject(failed('lost', 'order-12 at 0:12'));
  });

  test('a transaction that is still open at the end is not judged, and a sentence says so', async () => {
    await using topic = await topicOf(ordersFrom(0, 10));
    const open = await topic.begin(ordersFrom(10, 10));
    const looks = toldLooks(rowsOf(ordersFrom(0, 10)));
    const ended = await runCheck('--topic', topic.name, '--timeout', '2s', ...looks.args, ...all);
    await open.end(false);
    expect(summaryOf(ended)).toMatchObject({
      code: 2,
      found: [],
      notChecked: expect.arrayContaining([expect.stringMatching(/open transaction.* from offset 10 on/)]),
    });
  });

  test('a transaction that ends soon after the check began is waited for', async () => {
    await using topic = await topicOf(ordersFrom(0, 10));
    const open = await topic.begin(ordersFrom(10, 10));
    const looks = toldLooks(rowsOf(ordersFrom(0, 20)));
    const ended = runCheck('--topic', topic.name, ...looks.args, ...all);
    const closing = new Promise((resolve) => setTimeout(resolve, 300)).then(() => open.end(true));
    const checked = await ended;
    await closing;
    expect(summaryOf(checked)).toMatchObject(passed(20));
  });

  test('a loss above an open transaction is not judged, one below it is found', async () => {
    await using topic = await topicOf(ordersFrom(0, 10));
    const open = await topic.begin(ordersFrom(10, 1));
    await topic.addOrders(ordersFrom(11, 9));
    const looks = toldLooks(without(rowsOf(ordersFrom(0, 10)), 3));
    const ended = await runCheck('--topic', topic.name, '--timeout', '2s', ...looks.args, ...all);
    await open.end(false);
    expect(summaryOf(ended)).toMatchObject(failed('lost', 'order-3 at 0:3'));
  });
});

describe('groups', () => {
  async function commit(group: string, topic: string, offset: number): Promise<void> {
    await withAdmin(access, (admin) =>
      admin.alterConsumerGroupOffsets({
        groupId: group,
        topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset: BigInt(offset) }] }],
      }),
    );
  }
  const newGroup = (): string => `group-${randomBytes(6).toString('hex')}`;

  test('a group that has committed before a marker at the end has read all', async () => {
    await using topic = await topicOf(ordersFrom(0, 10));
    await topic.transact(ordersFrom(10, 10), 'commit');
    const group = newGroup();
    await commit(group, topic.name, 20);
    const looks = toldLooks(rowsOf(ordersFrom(0, 20)));
    const startedAt = performance.now();
    const ended = await runCheck('--topic', topic.name, '--group', group, ...looks.args, ...all);
    expect(summaryOf(ended)).toMatchObject(passed(20));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('a record below the commit that is not in the sink is lost', async () => {
    await using topic = await topicOf(orders);
    const group = newGroup();
    await commit(group, topic.name, 60);
    const looks = toldLooks(without(rowsOf(orders), 17));
    const ended = await runCheck('--topic', topic.name, '--group', group, ...looks.args, ...all);
    expect(summaryOf(ended)).toMatchObject(failed('lost', 'order-17 at 0:17'));
  });

  test('records above the commit are not judged, and the sentence says how far the group is', async () => {
    await using topic = await topicOf(orders);
    const group = newGroup();
    await commit(group, topic.name, 40);
    const looks = toldLooks(rowsOf(orders.slice(0, 40)));
    const args = ['--group', group, '--timeout', '2s'];
    const ended = await runCheck('--topic', topic.name, ...args, ...looks.args, ...all);
    expect(summaryOf(ended)).toMatchObject({
      code: 2,
      found: [],
      notChecked: expect.arrayContaining([
        expect.stringMatching(new RegExp(`${group}.*20 records|20 records.*not drained`)),
        expect.stringContaining(group),
      ]),
    });
  });

  test('a group that does not exist is inconclusive where rows are missing, and a sentence says so', async () => {
    await using topic = await topicOf(orders);
    const looks = toldLooks(without(rowsOf(orders), 17));
    const args = ['--group', 'nobody-has-this', '--timeout', '2s'];
    const ended = await runCheck('--topic', topic.name, ...args, ...looks.args, ...all);
    expect(summaryOf(ended)).toMatchObject({
      code: 2,
      found: [],
      notChecked: expect.arrayContaining([expect.stringMatching(/nobody-has-this.*has committed nothing/)]),
    });
  });
});

describe('ranges', () => {
  test('older rows than the range are counted and not judged', async () => {
    await using topic = await topicOf(orders);
    const looks = toldLooks(rowsOf(orders));
    const ended = await runCheck('--topic', topic.name, '--from', '0:20', ...looks.args, ...all);
    expect(summaryOf(ended)).toMatchObject({
      ...passed(40),
      notChecked: expect.arrayContaining([expect.stringMatching(/^20 rows not judged/)]),
    });
  });

  test('a lost record is lost though a later one with its id has a row', async () => {
    await using topic = await topicOf(orders);
    const again = { ...orders[17]!, amountCents: 5 };
    const rows = without(rowsOf(orders), 17);
    const looks = toldLooks(rows, [...rows, ...rowsOf([again], 0, 60)]);
    looks.hold(2);
    const ended = runCheck('--topic', topic.name, ...looks.args, ...all);
    await looks.reached(2);
    await topic.addOrders([again]);
    looks.release(2);
    expect(summaryOf(await ended)).toMatchObject(failed('lost', 'order-17 at 0:17'));
  });

  test('a row of a later record with the same id is not doubled, whichever row comes first', async () => {
    for (const isFirst of [true, false]) {
      await using topic = await topicOf(orders);
      const again = { ...orders[17]!, amountCents: 5 };
      const later = rowsOf([again], 0, 60);
      const rows = rowsOf(orders);
      // The second record comes after the check has begun: the first look misses another row, so there is a second one.
      const looks = toldLooks(without(rows, 30), isFirst ? [...later, ...rows] : [...rows, ...later]);
      looks.hold(2);
      const ended = runCheck('--topic', topic.name, ...looks.args, ...all);
      await looks.reached(2);
      await topic.addOrders([again]);
      looks.release(2);
      expect(summaryOf(await ended)).toMatchObject(passed(60));
    }
  });

  test('a partition of which all is lost is named, record by record', async () => {
    await using topic = await OrderTopic.create(3);
    for (const partition of [0, 1, 2]) await topic.addOrders(ordersFrom(20 * partition, 20), partition);
    const looks = toldLooks([...rowsOf(ordersFrom(0, 20)), ...rowsOf(ordersFrom(40, 20))]);
    expect(summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...all))).toMatchObject(
      failed('lost', 'order-20 at 1:0', 20),
    );
  });

  test('a topic of which records were removed does not make phantoms of their rows', async () => {
    await using topic = await topicOf(orders);
    await deleteRecordsBelow(access, topic.name, new Map([[0, 10]]));
    const looks = toldLooks(rowsOf(orders));
    expect(summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...all))).toMatchObject(passed(50));
  });

  test('records that are removed while the check begins are not judged, and their rows are no phantoms', async () => {
    await using topic = await topicOf(orders);
    const sink = await sinkKinds[0]!.open();
    await sink.write(rowsOf(orders));
    const client = await openPostgres();
    // The check fixes the range, and then waits for the table.
    await client.query(`BEGIN; LOCK TABLE ${sink.args.at(-1)!} IN ACCESS EXCLUSIVE MODE`);
    const ended = runCheck('--topic', topic.name, ...sink.args, ...all);
    const waiting = async (): Promise<number | null> =>
      (await client.query('SELECT 1 FROM pg_locks WHERE NOT granted')).rowCount;
    await expect.poll(waiting).toBeGreaterThan(0);
    await deleteRecordsBelow(access, topic.name, new Map([[0, 10]]));
    await client.query('COMMIT');
    await client.end();
    expect(summaryOf(await ended)).toMatchObject({
      ...passed(50),
      notChecked: expect.arrayContaining([expect.stringMatching(/below offset 10 were removed/)]),
    });
    await sink.remove();
  });

  test('a partition that is added while the check runs explains its rows', async () => {
    await using topic = await topicOf(orders);
    const added = ordersFrom(60, 3);
    const looks = toldLooks(without(rowsOf(orders), 17), [...rowsOf(orders), ...rowsOf(added, 1)]);
    looks.hold(2);
    const ended = runCheck('--topic', topic.name, ...looks.args, ...all);
    await looks.reached(2);
    await withAdmin(access, (admin) =>
      admin.createPartitions({
        topics: [{ name: topic.name, count: 2, assignments: null }],
        validateOnly: false,
      }),
    );
    // The brokers tell of the partition a little later.
    await vi.waitFor(async () => {
      await using again = await OrderTopic.open(topic.name);
      await again.addOrders(added, 1);
    });
    looks.release(2);
    expect(summaryOf(await ended)).toMatchObject(passed(60));
  });

  test('a range of which nothing has arrived, beside older rows, is refused, and the refusal says so', async () => {
    await using topic = await topicOf(orders);
    const looks = toldLooks(rowsOf(orders.slice(0, 40)));
    const ended = await runCheck('--topic', topic.name, '--from', '0:40', ...looks.args, ...all);
    expect(ended).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/No id of the topic is in.*nothing of this range has arrived/s),
    });
    const whole = await runCheck('--topic', topic.name, ...looks.args, ...all);
    expect(summaryOf(whole)).toMatchObject(failed('lost', 'order-40 at 0:40', 20));
  });

  test('rows with the same ids and the values of another topic are all corrupted', async () => {
    await using topic = await topicOf(orders);
    const looks = toldLooks(rowsOf(orders).map((row) => ({ ...row, amount: -1 })));
    expect(summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...all))).toMatchObject(
      failed('corrupted', 'order-0 at 0:0', 60),
    );
  });

  test('rows of a compacted topic whose records were replaced are not phantoms', async () => {
    await using topic = await OrderTopic.create(1, { 'cleanup.policy': 'compact' });
    await topic.addOrders(orders);
    const looks = toldLooks([...rowsOf(orders), ...rowsOf(ordersFrom(60, 3))]);
    expect(summaryOf(await runCheck('--topic', topic.name, ...looks.args, ...all))).toMatchObject(passed(60));
  });
});

describe('several topics and sinks', () => {
  test('several topics are checked together, and each place names its topic', async () => {
    await using one = await topicOf(ordersFrom(0, 20));
    await using two = await topicOf(ordersFrom(20, 20));
    const looks = toldLooks(
      without([...rowsOf(ordersFrom(0, 20)), ...rowsOf(ordersFrom(20, 20), 0, 20)], 27),
    );
    const ended = await runCheck('--topic', one.name, '--topic', two.name, ...looks.args, ...all);
    expect(summaryOf(ended)).toMatchObject(failed('lost', 'order-27 at 0:7'));
    expect(ended.result!.findings[0]!.examples[0]).toMatchObject({ topic: two.name });
  });

  test('rows of other topics beside those of positions that are checked are not judged', async () => {
    await using topic = await topicOf(orders);
    const client = await openPostgres();
    const table = `orders_${randomBytes(6).toString('hex')}`;
    await client.query(
      `CREATE TABLE ${table} AS
      SELECT '${topic.name}' AS topic, 0 AS partition, n AS "offset" FROM generate_series(0, 59) AS n
      UNION ALL SELECT 'other', 0, n FROM generate_series(0, 9) AS n`,
    );
    const args = ['--sink', inject('postgres').location, '--table', table];
    const place = ['--id', 'position', '--sink-id', 'columns:topic,partition,offset'];
    const ended = await runCheck('--topic', topic.name, ...args, ...place);
    await client.query(`DROP TABLE ${table}`);
    await client.end();
    expect(summaryOf(ended)).toMatchObject(passed(60));
  });

  test('each of several sinks must have each record', async () => {
    await using topic = await topicOf(orders);
    const whole = toldLooks(rowsOf(orders));
    const lacking = toldLooks(without(rowsOf(orders), 17));
    const ended = await runCheck('--topic', topic.name, ...whole.args, ...lacking.args, ...all);
    expect(summaryOf(ended)).toMatchObject(failed('lost', 'order-17 at 0:17'));
  });

  describe('with a route', () => {
    const routed = (row: CheckRow): string => row.status!;
    const sinks = (change: (name: string, rows: CheckRow[]) => CheckRow[]): string[] =>
      ['open', 'paid', 'failed'].flatMap((name) => {
        const looks = toldLooks(
          change(
            name,
            rowsOf(orders).filter((row) => routed(row) === name),
          ),
        );
        return ['--sink', `${name}=${looks.args[1]!}`];
      });

    test('records in the sinks to which they belong pass', async () => {
      await using topic = await topicOf(orders);
      const args = sinks((_, rows) => rows);
      const ended = await runCheck(
        '--topic',
        topic.name,
        ...args,
        '--route',
        'json:status',
        ...ids,
        ...values,
      );
      expect(summaryOf(ended)).toMatchObject({ code: 0, found: [] });
    });

    test.for([[], categories])(
      'a record in another sink is lost where it belongs, and misclassified where it is (categories: $length)',
      async (more) => {
        await using topic = await topicOf(orders);
        const [moved] = rowsOf([orders[17]!], 0, 17);
        const args = sinks((name, rows) =>
          name === 'failed' ? without(rows, 17) : name === 'paid' ? [...rows, moved!] : rows,
        );
        const places = [...ids, ...values, ...more];
        const ended = await runCheck('--topic', topic.name, ...args, '--route', 'json:status', ...places);
        const { code, found } = summaryOf(ended);
        expect(code).toBe(1);
        expect(found!.map(({ kind, ids: named }) => [kind, named])).toEqual(
          expect.arrayContaining([
            ['lost', ['order-17 at 0:17']],
            ['misclassified', ['order-17 at 0:17']],
          ]),
        );
        expect(found).toHaveLength(2);
      },
    );
  });
});

describe('dead letters', () => {
  const integer = (value: number, bytes: 4 | 8): Buffer => {
    const buffer = Buffer.alloc(bytes);
    if (bytes === 4) buffer.writeInt32BE(value);
    else buffer.writeBigInt64BE(BigInt(value));
    return buffer;
  };
  const headersOf = {
    Connect: (topic: string, offset: number) => [
      ['__connect.errors.topic', topic],
      ['__connect.errors.partition', '0'],
      ['__connect.errors.offset', String(offset)],
    ],
    Spring: (topic: string, offset: number) => [
      ['kafka_dlt-original-topic', topic],
      ['kafka_dlt-original-partition', integer(0, 4)],
      ['kafka_dlt-original-offset', integer(offset, 8)],
    ],
    'its own id': (_: string, offset: number) => [['event-id', `order-${offset}`]],
  } as const;

  describe.each(Object.entries(headersOf))('with headers of %s', (_, headers) => {
    test.for([
      ['a dead letter in place of a row is found as such', false],
      ['a dead letter of which the record was handled later is none', true],
    ] as const)('%s', async ([, isHandled]) => {
      await using topic = await topicOf(orders);
      await using letters = await OrderTopic.create();
      await letters.append([{ payload: 'broken', headers: headers(topic.name, 17) as [string, string][] }]);
      const looks = toldLooks(isHandled ? rowsOf(orders) : without(rowsOf(orders), 17));
      const args = ['--dead-letters', `topic:${letters.name}`];
      const ended = await runCheck('--topic', topic.name, ...args, ...looks.args, ...all);
      expect(summaryOf(ended)).toMatchObject(
        isHandled ? passed(60) : failed('wrongly-dead-lettered', 'order-17 at 0:17'),
      );
    });
  });

  test('rows of a dead-letter table are found as such', async () => {
    await using topic = await topicOf(orders);
    const sink = await sinkKinds[0]!.open();
    await sink.write(without(rowsOf(orders), 17));
    const client = await openPostgres();
    const table = `letters_${randomBytes(6).toString('hex')}`;
    await client.query(`CREATE TABLE ${table} AS SELECT 'order-17' AS event_id`);
    const args = [...sink.args, '--dead-letters', `table:${table}`];
    const ended = await runCheck('--topic', topic.name, ...args, ...all);
    await client.query(`DROP TABLE ${table}`);
    await client.end();
    await sink.remove();
    expect(summaryOf(ended)).toMatchObject(failed('wrongly-dead-lettered', 'order-17 at 0:17'));
  });

  test('dead letters of other topics say nothing of this one', async () => {
    await using topic = await topicOf(orders);
    await using letters = await OrderTopic.create();
    await letters.append([
      { payload: 'broken', headers: headersOf.Connect('another', 17) as unknown as [string, string][] },
    ]);
    const looks = toldLooks(without(rowsOf(orders), 17));
    const args = ['--dead-letters', `topic:${letters.name}`];
    const ended = await runCheck('--topic', topic.name, ...args, ...looks.args, ...all);
    expect(summaryOf(ended)).toMatchObject(failed('lost', 'order-17 at 0:17'));
  });
});

describe('declared drops', () => {
  test('a record that is declared a drop is expected nowhere, and unexpected where it is', async () => {
    await using topic = await topicOf(orders);
    const drops = ['--drop-when', 'json:status=failed', '--drop-because', 'failed orders are not kept'];
    const rows = rowsOf(orders).filter(({ status }) => status !== 'failed');
    const sound = toldLooks(rows);
    const ended = await runCheck('--topic', topic.name, ...drops, ...sound.args, ...all);
    expect(summaryOf(ended)).toMatchObject({ code: 0, found: [] });
    const wrong = toldLooks([...rows, ...rowsOf(orders.slice(17, 18), 0, 17)]);
    const found = await runCheck('--topic', topic.name, ...drops, ...wrong.args, ...all);
    expect(summaryOf(found)).toMatchObject(failed('unexpected', 'order-17 at 0:17'));
  });
});
