/** Markers of transactions take offsets that neither ledger nor store names: where Kafka lost records, they are gone, too. */
import { expect, test } from 'vitest';
import {
  auditOf,
  findingsOf,
  logged,
  message,
  position,
  range,
  sent,
  without,
  type Change,
} from './healthy-history.ts';

/** All messages so far in one transaction. */
const inTransaction =
  (name: string): Change =>
  (history) => {
    history.transactions = { ...history.transactions, [name]: 'committed' };
    for (const send of history.sends) send.transaction ??= name;
  };

test('if Kafka lost a record and the marker behind it, a next offset behind the marker is not overcommitted', async () => {
  const cut = [range(1, { end: 1 }), without('log', 'd')];
  const found = async (...changes: Change[]): Promise<string[]> =>
    findingsOf(await auditOf(...cut, ...changes));
  expect(await found(inTransaction('t'), position(1, 3))).toEqual(['torn-transaction broker: d']);
  expect(await found(position(1, 3))).toEqual(['lost broker: d', 'overcommitted consumer: ']);
  // There was one transaction, and so one marker.
  expect(await found(inTransaction('t'), position(1, 4))).toContain('overcommitted consumer: ');
});

test('if Kafka lost a marker alone, a next offset behind it is not judged', async () => {
  const cut = range(1, { end: 2, stableEnd: 0 });
  const audit = await auditOf(inTransaction('t'), cut, position(1, 3));
  expect(audit).toMatchObject({ verdict: 'inconclusive', findings: [] });
  const closed = await auditOf(inTransaction('t'), range(1, { end: 2 }), position(1, 3));
  expect(findingsOf(closed)).toEqual(['overcommitted consumer: ']);
  expect(findingsOf(await auditOf(cut, position(1, 3)))).toEqual(['overcommitted consumer: ']);
});

test('if a record that is not stored may stand where a marker stood before, the blame is unknown', async () => {
  const lines = ['e', 'f', 'g'].map((id, offset) => ({ id, at: `0:${offset}` }));
  const later = [
    ...lines.map(({ id }, index) => message(id, { sequence: 10 + index })),
    sent(...lines.map((line) => ({ ...line, outcome: 'acked' as const }))),
    without('log', 'a'),
    without('log', 'b'),
    logged(...lines.map((line) => ({ ...line, crc: 'ok' as const, session: 1 }))),
  ];
  const plain = await auditOf(...later);
  expect(findingsOf(plain)).toEqual(['lost broker: a b e f', 'lost consumer: g']);
  const transactional = await auditOf(inTransaction('t'), ...later, inTransaction('t2'));
  expect(findingsOf(transactional)).toEqual([
    'lost broker: e f',
    'lost unknown: g',
    'torn-transaction broker: a b',
  ]);
});
