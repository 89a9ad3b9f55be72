import { expect, test } from 'vitest';
import { historyFromLines } from '../../../src/audit/history/read-history.ts';
import { audit } from '../../../src/audit/judge/audit.ts';
import { at, complete, log, misjudged, range, row, send } from './misjudged.ts';

const auditOf = async (lines: readonly object[]) => {
  const texts = lines.map((line) => JSON.stringify(line));
  return await audit(historyFromLines(texts, 'lines'));
};
const all = complete('ledger', 'log', 'store');

test.each(Object.entries(misjudged))('%s', async (_, [verdict, findings, lines]) => {
  const result = await auditOf(lines);
  const found = result.findings.map(({ kind, blame }) => `${kind} ${blame}`);
  expect([result.verdict, found, result.notChecked]).toEqual([verdict, findings, expect.anything()]);
});

test('if a topic was recreated, the audit compares no offsets of the two', async () => {
  const [, , lines] =
    misjudged['if a topic was recreated, the journal does not prove that a message was written']!;
  const { notChecked, states, partitions } = await auditOf(lines);
  expect(notChecked).not.toContainEqual(expect.stringContaining('written'));
  expect(states['completed']).toMatchObject({ delivered: null, written: null });
  expect(partitions).toMatchObject([{ lag: null }]);
});

test('a record in the 65 537th partition is not treated as one in the first', async () => {
  const ranges = Array.from({ length: 65_537 }, (_, partition) => range(1000, { partition }));
  const message = [send('a', at(0, 256)), log('a', at(65_536, 0)), row('a', at(65_536, 0))];
  const { findings } = await auditOf([...ranges, ...message, ...all]);
  expect(findings).toMatchObject([{ kind: 'offset-conflict', blame: 'broker', count: 1 }]);
});

test('judging 100 000 rows of one id takes time that is linear in their number', async () => {
  const rows = Array.from({ length: 100_000 }, (_, offset) => row('undefined', at(0, offset)));
  const message = [send('a', at(1, 0)), log('a', at(1, 0)), row('a', at(1, 0))];
  const { findings } = await auditOf([...message, ...rows, ...all]);
  expect(findings).toMatchObject([{ kind: 'phantom', count: 1 }]);
});
