/** Rates, latencies and thresholds; and batches that are too large for one record batch. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const newRun = (): { folder: RunFolder; options: string[]; dir: string } => {
  const [dir, run] = [newDir(), `l${randomUUID().slice(0, 8)}`];
  return { folder: new RunFolder(dir, run), options: [`--run=${run}`, `--dir=${dir}`, at], dir };
};

test('a run with a rate keeps it, measures latencies, and judges its thresholds by them', async () => {
  const { folder, options, dir } = newRun();
  const demands = ['stored.count>=2000', 'acked.rate>500/s', 'stored.p99<30s', 'total.time<1m'];
  const { code, stdout, stderr } = await nodrop(
    ['run', '--json', ...demands.map((demand) => `--threshold=${demand}`), ...options],
    { NODROP_RATE: '1000', NODROP_DURATION: '2s' },
  );
  expect(code, stderr + stdout).toBe(0);
  const { run, rates, latency, thresholds } = JSON.parse(stdout) as Result;
  expect(run.messages).toBe(2_000);
  expect(rates.acked).toBeLessThan(1_001);
  expect(latency).toMatchObject({
    acked: { count: 2_000 },
    stored: { count: 2_000 },
    missing: { acked: [], stored: [] },
  });
  expect(latency.stored!.p50).toBeGreaterThan(latency.acked!.p50);
  expect(thresholds.map(({ threshold, met }) => [threshold, met])).toEqual(
    demands.map((demand) => [demand, true]),
  );

  const again = await nodropInProcess(['verify', folder.id, '--threshold=acked.p50<1us', `--dir=${dir}`]);
  expect(again.code, again.stderr).toBe(3);
  expect(again.stdout).toMatch(/stored( +\d[\d.]+ m?s){5} +\d[\d ]*\n/);
  expect(again.stdout).toMatch(/acked\.p50<1us +\d[\d.]+ m?s {2}✗/);
  expect(again.stdout).toContain('A threshold was missed.');

  // Latency logs are not evidence: without them the verdict is the same, but no threshold on latencies is met.
  rmSync(folder.file('latency-acked-p0.hlog'));
  const without = await nodropInProcess([
    'verify',
    folder.id,
    '--json',
    '--threshold=acked.p50<1m',
    `--dir=${dir}`,
  ]);
  expect(without.code, without.stderr).toBe(3);
  expect(JSON.parse(without.stdout)).toMatchObject({
    verdict: 'pass',
    notChecked: [],
    latency: { acked: null, missing: { acked: ['latency-acked-p0.hlog: it is not there'] } },
    thresholds: [{ threshold: 'acked.p50<1m', value: null, met: false }],
  });
});

test('a run with --duration alone takes its plan from sealed ledgers, and is inconclusive without a seal', async () => {
  const { folder, options, dir } = newRun();
  const { code, stdout, stderr } = await nodrop([
    'run',
    '--json',
    '--duration=300ms',
    '--producers=2',
    ...options,
  ]);
  expect(code, stderr + stdout).toBe(0);
  const { run, ledger, store } = JSON.parse(stdout) as Result;
  expect(run.messages).toBeGreaterThan(100);
  expect([ledger.sent, store.rows]).toEqual([run.messages, run.messages]);
  rmSync(folder.file('ledger-p1-0.bin.sha256'));
  const unsealed = await nodropInProcess(['verify', folder.id, '--json', `--dir=${dir}`]);
  expect(unsealed.code).toBe(2);
  expect(JSON.parse(unsealed.stdout)).toMatchObject({
    verdict: 'inconclusive',
    notChecked: [expect.stringContaining('ledger-p1-0.bin was not sealed')],
  });
});

test('a batch that is too large for one record batch is sent in several', async () => {
  const { options } = newRun();
  const { code, stdout, stderr } = await nodrop([
    'run',
    '--json',
    '--messages=300',
    '--batch-size=300',
    '--payload-bytes=10000',
    '--partitions=1',
    ...options,
  ]);
  expect(code, stderr + stdout).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ ledger: { sent: 300, acked: 300, rejected: 0 } });
});

test('load options and thresholds are checked before anything starts', async () => {
  const { options } = newRun();
  const both = await nodropInProcess(['run', '--duration=1s', '--messages=5', ...options]);
  expect([both.code, both.stderr]).toEqual([64, expect.stringContaining('cannot be used with')]);
  const unknown = await nodropInProcess(['run', '--threshold=stored.p98<1ms', ...options]);
  expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringContaining('stored.p99.9')]);
  const none = await nodropInProcess(['produce', '--rate=1', '--duration=1ms', ...options]);
  expect([none.code, none.stderr]).toEqual([64, expect.stringContaining('makes 0 messages')]);
});
