/** `nodrop check` on each kind of sink, with each kind of defect planted in it, and its healthy twin. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Blame, FindingKind } from '../../src/result/verdict.ts';
import { sinkKinds, type CheckRow, type CheckSink } from '../fixtures/check-sinks.ts';
import { until } from '../fixtures/nodrop.ts';
import { ordersFrom, writeOrders } from '../fixtures/order-rows.ts';
import { OrderTopic } from '../fixtures/order-topic.ts';
import { checksDir, runCheckWith, summaryOf } from '../fixtures/run-check.ts';

const bootstrapServers = inject('bootstrapServers');
const name = `orders-${randomBytes(6).toString('hex')}`;
const orders = ordersFrom(0, 60);
/** As a sound application leaves them. */
const rows: readonly CheckRow[] = orders.map(({ id, status, amountCents }, offset) => ({
  event_id: id,
  status: status.toUpperCase(),
  amount: amountCents,
  partition: 0,
  offset,
}));

beforeAll(async () => {
  await writeOrders(bootstrapServers, name, orders);
});

interface Defect {
  title: string;
  plant: (rows: CheckRow[]) => CheckRow[];
  found: readonly [kind: FindingKind, id: string][];
  /** What becomes of it if the position is the id; undefined: the same. */
  foundByPosition?: readonly [kind: FindingKind, id: string][];
}

const change =
  (offset: number, changed: Partial<CheckRow>) =>
  (all: CheckRow[]): CheckRow[] =>
    all.map((row) => (row.offset === offset ? { ...row, ...changed } : row));

const defects: readonly Defect[] = [
  { title: 'no defect', plant: (all) => all, found: [] },
  { title: 'rows in another order', plant: (all) => all.toReversed(), found: [] },
  {
    title: 'a row deleted, or a message that the application swallowed',
    plant: (all) => all.filter(({ offset }) => offset !== 17),
    found: [['lost', 'order-17 at 0:17']],
  },
  { title: 'all rows deleted', plant: () => [], found: [['lost', 'order-0 at 0:0']] },
  {
    title: 'a row doubled, or a message processed twice',
    plant: (all) => [...all, all[17]!],
    found: [['duplicated', 'order-17 at 0:17']],
  },
  {
    title: 'a row in another category',
    plant: change(17, { status: 'OTHER' }),
    found: [['misclassified', 'order-17 at 0:17']],
  },
  {
    title: 'a row without a category',
    plant: change(17, { status: null }),
    found: [['misclassified', 'order-17 at 0:17']],
  },
  {
    title: 'a row with another value',
    plant: change(17, { amount: 120 }),
    found: [['corrupted', 'order-17 at 0:17']],
  },
  {
    title: 'a row without its value',
    plant: change(17, { amount: null }),
    found: [['corrupted', 'order-17 at 0:17']],
  },
  {
    title: 'a row with another id',
    plant: change(17, { event_id: 'order-x' }),
    found: [
      ['lost', 'order-17 at 0:17'],
      ['phantom', 'order-x'],
    ],
    foundByPosition: [],
  },
  {
    title: 'two rows with each other’s values',
    plant: (all) => change(18, { amount: rows[17]!.amount })(change(17, { amount: rows[18]!.amount })(all)),
    found: [['corrupted', 'order-17 at 0:17']],
  },
  {
    title: 'a row from nowhere',
    plant: (all) => [...all, { ...all[17]!, event_id: 'order-x', offset: 99 }],
    found: [['phantom', 'order-x']],
  },
  {
    title: 'a row deleted, and another doubled, so that counts agree',
    plant: (all) => [...all.filter(({ offset }) => offset !== 17), all[18]!],
    found: [
      ['lost', 'order-17 at 0:17'],
      ['duplicated', 'order-18 at 0:18'],
    ],
  },
];

const categories = ['--category', 'json:status', '--category-map', 'open=OPEN,paid=PAID,failed=FAILED'];

/** The arguments for a sink, by the id in the header or by the position. */
const argsOf = ({ args, place }: CheckSink, identity: 'header' | 'position'): string[] => [
  '--topic',
  name,
  ...args,
  ...categories,
  '--sink-category',
  place('status'),
  '--compare',
  `json:amountCents=${place('amount')}`,
  ...(identity === 'header'
    ? ['--id', 'header:event-id', '--sink-id', place('event_id')]
    : ['--id', 'position', '--sink-id', 'columns:partition,offset']),
];

/** How many messages a defect is found in, if not in one. */
const countOf: Record<string, number> = { 'all rows deleted': 60, 'two rows with each other’s values': 2 };
const positionOf = (id: string): string => {
  const [, place] = id.split(' at ');
  return place === undefined ? '0:99' : `${place} at ${place}`;
};

describe.each(sinkKinds)('checking $name', ({ open, hasPositions }) => {
  let sink: CheckSink;
  beforeAll(async () => {
    sink = await open();
  });
  afterAll(async () => {
    await sink.remove();
  });

  const identities = hasPositions ? (['header', 'position'] as const) : (['header'] as const);
  test.for(defects.flatMap((defect) => identities.map((identity) => ({ ...defect, identity }))))(
    '$title, by $identity',
    async ({ title, plant, identity, found, foundByPosition = found }) => {
      await sink.write(plant([...rows]));
      const ended = await runCheckWith(sink.env ?? {}, ...argsOf(sink, identity));
      const expected = identity === 'header' ? found : foundByPosition;
      const { code, found: told, notChecked } = summaryOf(ended);
      const count = countOf[title] ?? 1;
      expect({ code, told }).toEqual({
        code: expected.length === 0 ? 0 : 1,
        told: expect.toSatisfy(
          (all: NonNullable<typeof told>) =>
            all.length === expected.length &&
            expected.every(([kind, id]) =>
              all.some(
                (finding) =>
                  finding.kind === kind &&
                  finding.blame === ('consumer' satisfies Blame) &&
                  finding.count === count &&
                  finding.ids.includes(identity === 'header' ? id : positionOf(id)),
              ),
            ),
        ),
      });
      // Nothing is left open: only topics and programs say that they have no snapshot.
      expect(notChecked!.filter((sentence) => !/snapshot|one after the other/.test(sentence))).toEqual([]);
    },
  );

  test('a row that comes within the time to settle is not lost', async () => {
    await sink.write(rows.filter(({ offset }) => offset !== 17));
    const run = randomBytes(6).toString('hex');
    const args = ['--run', run, '--settle', '1s', ...argsOf(sink, 'header')];
    const ended = runCheckWith(sink.env ?? {}, ...args);
    // The first look is over.
    await until('the first look', () => existsSync(join(checksDir, 'runs', run, 'later-1.facts')));
    await sink.add([rows[17]!]);
    expect(summaryOf(await ended)).toMatchObject({ code: 0, found: [] });
    expect((await ended).result!.check!.looks).toBe(2);
  });

  describe('with the newest of each id', () => {
    let topic: OrderTopic;
    /** The second record of every third id, in the order of their offsets. */
    const newer = orders.filter((_, index) => index % 3 === 0).map((order) => ({ ...order, amountCents: 1 }));
    const newest = rows.map((row, index) =>
      index % 3 === 0 ? { ...row, amount: 1, offset: 60 + index / 3 } : row,
    );
    beforeAll(async () => {
      topic = await OrderTopic.create();
      await topic.addOrders([...orders, ...newer]);
    });
    afterAll(async () => {
      await topic[Symbol.asyncDispose]();
    });

    test.for([
      ['all newest rows', newest, []],
      ['an older one kept', newest.with(3, rows[3]!), ['stale', 'order-3']],
      [
        'a row of nothing that ever was',
        newest.with(3, { ...rows[3]!, amount: 99 }),
        ['corrupted', 'order-3'],
      ],
      ['a row deleted', newest.toSpliced(3, 1), ['lost', 'order-3']],
    ] as const)('%s', async ([, stored, [kind, id]]) => {
      await sink.write(stored);
      const args = argsOf(sink, 'header').map((arg) => (arg === name ? topic.name : arg));
      const ended = await runCheckWith(sink.env ?? {}, '--expect', 'latest', ...args);
      const { code, found } = summaryOf(ended);
      expect({ code, found }).toEqual({
        code: kind === undefined ? 0 : 1,
        found: kind === undefined ? [] : [{ kind, blame: 'consumer', count: 1, ids: [`${id} at 0:61`] }],
      });
    });
  });
});
