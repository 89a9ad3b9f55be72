/** A run that is exported as a history is judged as the run itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRunEvidence } from '../../../src/audit/run-evidence/run-evidence.ts';
import { historyFromLines } from '../../../src/audit/history/read-history.ts';
import { parseLine } from '../../../src/audit/history/parse-line.ts';
import { historyLines } from '../../../src/audit/history/write-history.ts';
import type { Evidence } from '../../../src/audit/evidence.ts';
import { scanFlags, type ScanRow } from '../../../src/run-folder/log-scan-file.ts';
import type { RowValues } from '../../../src/stores/store.ts';
import type { Audit } from '../../../src/result/verdict.ts';
import { audit } from '../../../src/audit/judge/audit.ts';
import { runOnDisk, unknown, type Spoils } from './run-on-disk.ts';

/** What must be the same. Causes and sentences depend on facts that a history does not hold. */
const essenceOf = ({ verdict, ledger, log, store, counts, findings }: Audit) => ({
  verdict,
  ledger,
  log,
  store,
  counts,
  findings: findings.map(({ kind, blame, count, examples }) => ({
    kind,
    blame,
    count,
    ids: examples.map(({ id }) => id),
  })),
});

async function bothAudits(
  spoils: Spoils,
  change: (evidence: Evidence) => Evidence = (evidence) => evidence,
): Promise<[run: Audit, history: Audit]> {
  const { folder, manifest } = await runOnDisk(spoils);
  await using run = await openRunEvidence(folder, manifest, folder.store);
  await using exported = await openRunEvidence(folder, manifest, folder.store);
  const lines = await Array.fromAsync(
    historyLines({ evidence: change(exported.evidence), producers: manifest.producers }),
  );
  return [await audit(change(run.evidence)), await audit(historyFromLines(lines, 'exported'))];
}

const at = (offset: number, values: Partial<ScanRow>) => (rows: ScanRow[]) =>
  rows.map((row) => (row.offset === offset ? { ...row, ...values } : row));

const remove = (rows: RowValues[], row: number): void => void rows.splice(row, 1);

test.each<[string, Spoils, string]>([
  ['no fault', {}, 'pass'],
  ['a missing record', { scan: (rows) => rows.filter(({ offset }) => offset !== 2) }, 'fail'],
  ['a record twice', { scan: (rows) => [...rows, { ...rows[1]!, offset: 15 }] }, 'fail'],
  [
    'a record twice, of another session',
    { scan: (rows) => [...rows, { ...rows[1]!, offset: 15, session: 1 }] },
    'fail',
  ],
  ['a record with other bytes', { scan: at(3, { digest: 1n }) }, 'fail'],
  ['a record with a wrong checksum', { scan: at(3, { digest: 1n, flags: scanFlags.crcBad }) }, 'fail'],
  ['a nameless record at an acked offset', { scan: at(3, { flags: scanFlags.nameless }) }, 'fail'],
  [
    'a nameless record at another offset',
    { scan: (rows) => [...rows, { ...rows[3]!, offset: 16, flags: scanFlags.nameless }] },
    'fail',
  ],
  ['a foreign record at an acked offset', { scan: at(3, { flags: scanFlags.foreign }) }, 'fail'],
  [
    'a foreign record at another offset',
    { scan: (rows) => [...rows, { ...rows[3]!, offset: 16, flags: scanFlags.foreign }] },
    'pass',
  ],
  [
    'a record outside of the plan',
    { scan: (rows) => [...rows, { ...rows[0]!, offset: 17, sequence: 99 }] },
    'fail',
  ],
  ['an aborted record', { scan: at(4, { flags: scanFlags.aborted }) }, 'fail'],
  [
    'records out of order',
    { scan: (rows) => rows.map((row) => ({ ...row, sequence: row.sequence ^ 1 })) },
    'fail',
  ],
  [
    'a record of a message of unknown outcome',
    { scan: (rows) => [...rows, { ...rows[0]!, offset: 18, sequence: unknown }] },
    'fail',
  ],
  ['a missing row', { store: (rows) => remove(rows, 2) }, 'fail'],
  ['a missing row at the next offset', { store: (rows) => remove(rows, 9), next: 9 }, 'inconclusive'],
  [
    'a missing row beyond the last stable offset',
    { store: (rows) => remove(rows, 9), lastStableOffset: 9 },
    'inconclusive',
  ],
  ['a row in another category', { store: (rows) => void (rows[2]!.category ^= 1) }, 'fail'],
  ['a row with other bytes', { store: (rows) => void (rows[2]!.payload = Buffer.from('x')) }, 'fail'],
  ['a row with another digest', { store: (rows) => void (rows[2]!.digest = null) }, 'fail'],
  ['a row at another position', { store: (rows) => void (rows[2]!.offset = 16) }, 'fail'],
  ['a row at an impossible position', { store: (rows) => void (rows[2]!.offset = -7) }, 'fail'],
  ['a row with an unknown id', { store: (rows) => void (rows[2]!.id = 'p0-99') }, 'fail'],
  ['a row without an id', { store: (rows) => void (rows[2]!.id = null) }, 'fail'],
  ['a row of another run', { store: (rows) => void (rows[2]!.run = 'other') }, 'fail'],
  [
    'a dead letter',
    {
      store: (rows, deadLetters) => {
        const { partition, offset } = rows.shift()!;
        deadLetters.push({ partition, offset, key: null, payload: null, headers: null, reason: 'why' });
      },
    },
    'fail',
  ],
  ['a log that begins later', { start: 3, scan: (rows) => rows.slice(3) }, 'inconclusive'],
  ['planned messages that were not sent', { plan: { p0: 14 } }, 'inconclusive'],
  ['a producer that sent nothing', { plan: { p0: 12, p1: 3 } }, 'inconclusive'],
  ['a ledger that its producer did not close', { ledgerIsOpen: true }, 'pass'],
])('a run with %s and its exported history are judged alike', async (_, spoils, verdict) => {
  const [run, history] = await bothAudits(spoils);
  expect(essenceOf(history)).toEqual(essenceOf(run));
  expect(run.verdict).toBe(verdict);
});

test('a hop that is not whole is exported without a complete line', async () => {
  const problems: string[] = [];
  const { folder, manifest } = await runOnDisk({});
  await using open = await openRunEvidence(folder, manifest, `sqlite:${join(folder.path, 'none.sqlite')}`);
  const lines = await Array.fromAsync(
    historyLines({
      evidence: open.evidence,
      onIncomplete: (hop, problem) => problems.push(`${hop}: ${problem}`),
    }),
  );
  const complete = lines.map(parseLine).flatMap((line) => (line.type === 'complete' ? [line.of] : []));
  expect(complete).toEqual(['ledger', 'log']);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('store: ');
});

test('a stored message that was planned but not sent is judged alike in the exported history', async () => {
  const [run, history] = await bothAudits({
    plan: { p0: 14 },
    store: (rows) => {
      rows[2]!.id = 'p0-13';
      rows[2]!.sequence = 13;
    },
  });
  expect(history.verdict).toBe(run.verdict);
  expect(history.findings.map(({ kind }) => kind)).not.toContain('phantom');
});

test('a run whose topic was recreated and its exported history are judged alike', async () => {
  const recreated = (evidence: Evidence): Evidence => ({
    ...evidence,
    log: { ...evidence.log, topicRecreated: true, batches: () => [] },
  });
  const [run, history] = await bothAudits({ store: (rows) => remove(rows, 2) }, recreated);
  expect(essenceOf(history)).toEqual(essenceOf(run));
});

test('a run whose store has an invalid next offset is inconclusive, and so is its exported history', async () => {
  const [run, history] = await bothAudits({}, (evidence) => ({
    ...evidence,
    store: { ...evidence.store, oddPositions: ['The next offset of partition 0 is none: x.'] },
  }));
  expect([run.verdict, history.verdict]).toEqual(['inconclusive', 'inconclusive']);
});

test('a row without an offset is judged alike in the exported history', async () => {
  const placeless = (rows: RowValues[]): void => void (rows[2] = { ...rows[2]!, offset: -1 });
  const [run, history] = await bothAudits({ store: placeless });
  expect(run.verdict).toBe('fail');
  expect(essenceOf(history)).toEqual(essenceOf(run));
});

test('journals and commits are exported, and judged alike', async () => {
  const journaled = (evidence: Evidence): Evidence => ({
    ...evidence,
    deliveries: {
      whole: true,
      required: false,
      batches: () => [
        {
          count: 2,
          partition: Int32Array.of(0, 0),
          first: Float64Array.of(0, 3),
          end: Float64Array.of(10, 6),
          consumer: Int32Array.of(1, 2),
          epoch: Int32Array.of(1, -1),
        },
      ],
    },
    written: {
      whole: true,
      required: false,
      batches: () => [
        {
          count: 3,
          partition: Int32Array.of(0, 0, 0),
          offset: Float64Array.of(1, 2, 3),
          message: Int32Array.of(1, -1, -1),
          category: Uint16Array.of(0xfffe, 0xfffe, 0xffff),
          content: Int32Array.of(0, 0, 0),
        },
      ],
    },
    commits: new Map([[0, 21]]),
    log: { ...evidence.log, isFinal: true },
  });
  const [run, history] = await bothAudits({ store: (rows) => remove(rows, 2) }, journaled);
  expect(essenceOf(history)).toEqual(essenceOf(run));
  expect(run.counts.redelivered).toBe(3);
  expect(run.findings.map(({ kind, blame }) => `${kind} ${blame}`)).toEqual([
    'lost store',
    'overcommitted consumer',
  ]);
});

test('a history that is read and written again is judged alike', async () => {
  const folder = join(import.meta.dirname, '../../fixtures/histories');
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.jsonl'))) {
    const read = () => historyFromLines(readFileSync(join(folder, name), 'utf8').trim().split('\n'), name);
    const producers = read().plannedMessages === null ? undefined : { p0: 4 };
    const lines = await Array.fromAsync(historyLines({ evidence: read(), ...(producers && { producers }) }));
    expect([name, essenceOf(await audit(historyFromLines(lines, name)))]).toEqual([
      name,
      essenceOf(await audit(read())),
    ]);
  }
});
