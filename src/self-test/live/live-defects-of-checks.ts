/** Defects in topics and sinks of other programs: each kind that `nodrop check` can find. */
import { checkOfCopy, checkOfTable } from './check-scenarios.ts';
import type { LiveDefect, LiveFinding } from './live-defect.ts';
import {
  abortedOrder,
  removedOrder,
  soundOrders,
  soundVersions,
  testOrder,
  victim,
  type ChangeOrders,
  type OrderRow,
} from './orders.ts';

const byKey = ['--id=key', '--compare=json:amount=column:amount'];
const once = checkOfTable(
  'once',
  soundOrders,
  ...byKey,
  '--category=json:status',
  '--sink-category=column:status',
  '--drop-when=json:test=true',
  '--dead-letters=table:letters',
);
const latest = checkOfTable('latest', soundVersions, ...byKey, '--expect=latest');
const copy = checkOfCopy(soundOrders, '--id=key', '--compare=digest=digest');

const without = (rows: OrderRow[], id: string): OrderRow[] => rows.filter((row) => row.id !== id);
const rowOf = (rows: readonly OrderRow[], id: string): OrderRow => rows.find((row) => row.id === id)!;
const change =
  (changes: Partial<OrderRow>): ChangeOrders =>
  ({ rows }) =>
    void Object.assign(rowOf(rows, victim), changes);

const swallow: ChangeOrders = (orders) => void (orders.rows = without(orders.rows, victim));
const comesLate: ChangeOrders = (orders) => {
  orders.late = [rowOf(orders.rows, victim)];
  swallow(orders);
};
const keepsOlder: ChangeOrders = ({ rows }) => void (rowOf(rows, victim).amount -= 1);
const keepsRemoved: ChangeOrders = ({ rows, records }) => {
  const { id, status, amount } = records.find((record) => record.id === removedOrder)!;
  rows.push({ id, status, amount });
};
/** Adds the row of a record of which the table is to have none. */
const stores =
  (which: 'isTest' | 'isAborted'): ChangeOrders =>
  ({ rows, records }) => {
    const { id, status, amount } = records.find((record) => record[which])!;
    rows.push({ id, status, amount });
  };
const deadLetter: ChangeOrders = (orders) => {
  swallow(orders);
  orders.letters = [victim];
};

const ofOnce: readonly [name: string, orders: ChangeOrders, expected: LiveFinding | 'inconclusive'][] = [
  ['checked: a row doubled', ({ rows }) => void rows.push({ ...rowOf(rows, victim) }), found('duplicated')],
  [
    'checked: a record sent twice',
    ({ records }) => void records.push({ ...records.find((record) => record.id === victim)! }),
    { kind: 'duplicated', blame: 'producer', id: victim },
  ],
  ['checked: a row in another category', change({ status: 'other' }), found('misclassified')],
  ['checked: a row with another value', change({ amount: -1 }), found('corrupted')],
  [
    'checked: a row from nowhere',
    ({ rows }) => void rows.push({ id: 'stranger', status: 'open', amount: 0 }),
    { ...found('phantom'), id: 'stranger' },
  ],
  ['checked: a row of a declared drop', stores('isTest'), { ...found('unexpected'), id: testOrder }],
  [
    'checked: a row of an aborted record',
    stores('isAborted'),
    { ...found('aborted-read'), id: abortedOrder },
  ],
  [
    'checked: a dead letter in the place of a row',
    deadLetter,
    { ...found('wrongly-dead-lettered'), cause: 'dead-lettered' },
  ],
  [
    'checked: a row without an id',
    ({ rows }) => void rows.push({ id: null, status: 'open', amount: 0 }),
    'inconclusive',
  ],
];

export const liveDefectsOfChecks: readonly LiveDefect[] = [
  {
    name: 'checked: a row that never came',
    hop: 'store',
    expected: found('lost'),
    scenario: once,
    planting: { orders: swallow },
    twin: { scenario: once, planting: { orders: comesLate } },
  },
  ...ofOnce.map(([name, orders, expected]): LiveDefect => ({
    name,
    hop: 'store',
    expected,
    scenario: once,
    planting: { orders },
  })),
  {
    name: 'checked: an older version kept',
    hop: 'store',
    expected: found('stale'),
    scenario: latest,
    planting: { orders: keepsOlder },
  },
  {
    name: 'checked: a row after a tombstone',
    hop: 'store',
    expected: { ...found('stale'), id: removedOrder },
    scenario: latest,
    planting: { orders: keepsRemoved },
  },
  {
    name: 'checked: a record that was not copied',
    hop: 'store',
    expected: found('lost'),
    scenario: copy,
    planting: {
      orders: (orders) => void (orders.records = orders.records.filter((record) => record.id !== victim)),
    },
  },
];

function found(kind: LiveFinding['kind']): LiveFinding {
  return { kind, blame: 'consumer', id: victim };
}
