/** The last two looks at a sink, and the records that came to the topic meanwhile, decide together. */
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { judgeCheck, writeCheck, type MadeCheck, type MadeRow } from './made-check.ts';

const row = (id: string, value = '1'): MadeRow => ({ id, category: 'open', value });
const record = (id: string, value = '1') => ({ ...row(id, value), partition: 0 });

async function found(made: MadeCheck, isUndrained = false) {
  const written = writeCheck(made, 1);
  written.record.isUndrained = isUndrained;
  try {
    const { audit, tallies } = await judgeCheck(written);
    const findings = audit.findings.map(({ kind, examples: [example] }) => [kind, example!.id]);
    return { verdict: audit.verdict, findings, vanished: tallies[0]!.vanished };
  } finally {
    rmSync(written.path, { recursive: true });
  }
}

const records = [record('a'), record('b')];
const both = [row('a'), row('b')];

test('a row that the last look misses is no finding yet, and the check looks again', async () => {
  const judged = await found({ records, looks: [both, [row('a')]] });
  expect(judged).toEqual({ verdict: 'pass', findings: [], vanished: 1 });
});

test('a row that the last two looks miss is lost, though an earlier one had it', async () => {
  const judged = await found({ records, looks: [both, [row('a')], [row('a')]] });
  expect(judged).toEqual({ verdict: 'fail', findings: [['lost', 'b']], vanished: 0 });
});

test('if the sink never came to rest, a row that the last look misses is not judged', async () => {
  const judged = await found({ records, looks: [both, [row('a')]] }, true);
  expect(judged).toEqual({ verdict: 'inconclusive', findings: [], vanished: 0 });
});

test.for([
  ['another value', [row('a'), row('b', '2')]],
  ['another category', [row('a'), { ...row('b'), category: 'paid' }]],
  ['two rows', [row('a'), row('b'), row('b')]],
  ['a row from nowhere', [...both, row('x')]],
] as const)('if the sink never came to rest, %s counts only if both looks had it', async ([, wrong]) => {
  const rest = { verdict: 'inconclusive', findings: [], vanished: 0 };
  expect(await found({ records, looks: [both, wrong] }, true)).toEqual(rest);
  expect(await found({ records, looks: [wrong] }, true)).toEqual(rest);
  expect(await found({ records, looks: [wrong, both] }, true)).toEqual(rest);
  const lasting = await found({ records, looks: [both, wrong, wrong.toReversed()] }, true);
  expect(lasting).toMatchObject({ verdict: 'fail', findings: [[expect.any(String), expect.any(String)]] });
});

test('a row of a dropped record that is gone is not unexpected', async () => {
  const dropped = [record('a'), { ...record('b'), flags: 4 }];
  expect(await found({ records: dropped, looks: [both, [row('a')]] })).toMatchObject({ findings: [] });
});

test.for([
  ['first', [row('b', '2'), row('b'), row('a')]],
  ['last', [row('a'), row('b'), row('b', '2')]],
])('a row of a later record with the same id is its own, also if it comes %s', async ([, rows]) => {
  const later = [record('b', '2')];
  expect(await found({ records, later, looks: [rows as MadeRow[]] })).toMatchObject({ findings: [] });
});

test('a row of a later record does not stand for that of the one before', async () => {
  const looks = [[row('a'), row('b', '2')]];
  expect(await found({ records, later: [record('b', '2')], looks })).toMatchObject({
    findings: [['lost', 'b']],
  });
});

test('one later record explains one row', async () => {
  const looks = [[row('a'), row('b'), row('b', '2'), row('b', '2')]];
  expect(await found({ records, later: [record('b', '2')], looks })).toMatchObject({ verdict: 'fail' });
});

test('a row that no id explains is no phantom if it may be of a record without an id', async () => {
  const stranger = [...both, row('x')];
  const nameless = { ...record('c'), id: null };
  const whole = await found({ records, looks: [stranger] });
  expect(whole.findings).toEqual([['phantom', 'x']]);
  const judged = await found({ records: [...records, nameless], looks: [stranger] });
  expect(judged).toEqual({ verdict: 'inconclusive', findings: [], vanished: 0 });
  const later = await found({ records, later: [nameless], looks: [stranger] });
  expect(later.findings).toEqual([]);
});
