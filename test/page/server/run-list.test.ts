/** The list of runs at `/api/runs`. */
import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunRow } from '../../../src/page/page-data.ts';
import type { RunFolder } from '../../../src/run-folder/run-folder.ts';
import { lost, passed } from '../../report/results.ts';
import { newRun, runUnderWay, serveRuns } from './served-runs.ts';

const listOf = async ({ ask }: ReturnType<typeof serveRuns>): Promise<RunRow[]> => {
  const answer = await ask('/api/runs');
  expect(answer.status).toBe(200);
  return (await answer.json()) as RunRow[];
};

/** Sets the time of the manifest (seconds), by which runs are sorted. */
const bornAt = ({ manifest }: RunFolder, seconds: number): void => utimesSync(manifest, seconds, seconds);

const nothingKnown = {
  isUnderWay: false,
  pipeline: null,
  verdict: null,
  messages: null,
  rates: { acked: null, stored: null },
  latency: { acked: null, stored: null },
  findings: [],
  thresholdsMissed: 0,
  isPartial: { acked: false, stored: false },
  faults: 0,
};

test('without runs the list is empty', async () => {
  expect(await listOf(serveRuns())).toEqual([]);
});

test('the list has the latest run first, active runs marked as under way, and others with their results', async () => {
  const served = serveRuns();
  const { dir } = served;
  const good = newRun(dir, 'good');
  const latency = { count: 9, p50: 1, p90: 2, p99: 3.5, 'p99.9': 4, max: 5, mean: 2 };
  good.writeResult({
    ...passed,
    rates: { ...passed.rates, acked: 1234, stored: null },
    latency: { acked: latency, stored: null, missing: { acked: [], stored: ['latency-stored-1.hlog: …'] } },
    thresholds: [
      { threshold: 'acked.p99<3ms', value: 3.5, met: false },
      { threshold: 'acked.p99<4ms', value: 3.5, met: true },
    ],
  });
  const bad = newRun(dir, 'bad');
  const fault = { name: 'kill-leader', schedule: 'kill-leader@1s', target: null, startMs: 1, endMs: null };
  bad.writeResult({
    ...passed,
    verdict: 'fail',
    findings: [lost],
    faults: [{ ...fault, tookEffect: false, evidence: [] }],
  });
  const unaudited = newRun(dir, 'unaudited');
  // A run under way may have the result of an earlier audit.
  const { folder: busy } = runUnderWay(dir, 'busy');
  busy.writeResult(passed);
  [good, bad, unaudited, busy].forEach((folder, index) => bornAt(folder, 1_000 + index));
  mkdirSync(join(dir, 'runs', 'not a run'));
  writeFileSync(join(dir, 'runs', 'file'), '');
  const [first, second, third, fourth, ...more] = await listOf(served);
  expect(more).toEqual([]);
  expect(first).toMatchObject({ id: 'busy', isUnderWay: true, time: 1_003_000 });
  expect(second).toEqual({ ...nothingKnown, id: 'unaudited', time: 1_002_000 });
  expect(third).toEqual({
    ...nothingKnown,
    id: 'bad',
    time: 1_001_000,
    verdict: 'fail',
    messages: 1_000,
    findings: [{ kind: 'lost', count: 12 }],
    faults: 1,
  });
  expect(fourth).toMatchObject({
    id: 'good',
    isUnderWay: false,
    verdict: 'pass',
    rates: { acked: 1_234, stored: null },
    latency: { acked: 3.5, stored: null },
    thresholdsMissed: 1,
    isPartial: { acked: false, stored: true },
  });
});

test('the list shows a new or changed result of a run, and notices when it is removed', async () => {
  const served = serveRuns();
  const folder = newRun(served.dir, 'r');
  const verdict = async (): Promise<unknown> => (await listOf(served))[0]!.verdict;
  expect(await verdict()).toBeNull();
  folder.writeResult(passed);
  expect(await verdict()).toBe('pass');
  folder.writeResult({ ...passed, verdict: 'inconclusive' });
  utimesSync(folder.result, 1_000, statSync(folder.result).mtimeMs / 1_000 + 1);
  expect(await verdict()).toBe('inconclusive');
  rmSync(folder.result);
  expect(await verdict()).toBeNull();
});

const damaged = [
  '',
  '{',
  'null',
  '[]',
  '7',
  '"pass"',
  '{}',
  '{"verdict":"perfect"}',
  '{"verdict":{"toString":1}}',
  '{"findings":7,"faults":{},"rates":[],"latency":"x","ledger":null}',
  '{"findings":[null,7,{"kind":"<b>"}],"rates":{"acked":"x"},"latency":{"acked":{"p99":{}}}}',
];

test('a run with a damaged result is listed without one, and other runs are still listed', async () => {
  const served = serveRuns();
  newRun(served.dir, 'good').writeResult(passed);
  for (const [index, text] of damaged.entries())
    writeFileSync(newRun(served.dir, `damaged-${index}`).result, text);
  mkdirSync(newRun(served.dir, 'damaged-folder').result);
  const rows = await listOf(served);
  const [good, ...others] = rows.sort(({ verdict }) => (verdict === 'pass' ? -1 : 1));
  expect(good).toMatchObject({ id: 'good', verdict: 'pass', messages: 1_000 });
  for (const row of others) expect(row).toEqual({ ...nothingKnown, id: row.id, time: row.time });
  expect(others.length).toBe(damaged.length + 1);
});

test('the list shows the readable fields of a damaged or older result', async () => {
  const served = serveRuns();
  const folder = newRun(served.dir, 'r');
  writeFileSync(folder.result, '{"verdict":"fail","findings":[{"kind":"lost","count":2}],"faults":null}');
  expect(await listOf(served)).toMatchObject([
    { ...nothingKnown, id: 'r', verdict: 'fail', findings: [{ kind: 'lost', count: 2 }] },
  ]);
});
