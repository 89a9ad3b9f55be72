import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LatencyLog } from '../../src/run-folder/latency-log.ts';
import { measurementsOf } from '../../src/run-folder/measurements.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { runManifest } from '../fixtures/run-manifest.ts';

const startMs = 1_700_000_000_000;

/** The folder of a run with latency logs of two producers and a consumer. */
function measuredRun(): RunFolder {
  const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-test-')), 'r');
  folder.create();
  folder.writeManifest({ ...runManifest(0), producers: { p0: 500, p1: 500 } });
  writeFileSync(folder.file('journal-1.bin'), '');
  const write = (name: string, ...records: [latencyMs: number, count: number, afterMs: number][]): void => {
    const log = new LatencyLog(folder.file(name), startMs);
    for (const [latencyMs, count, afterMs] of records) log.record(latencyMs, count, startMs + afterMs);
    log.close();
  };
  write('latency-acked-p0.hlog', [1, 250, 100], [2, 250, 2_500]);
  write('latency-acked-p1.hlog', [1, 490, 100], [80, 10, 4_000]);
  write('latency-stored-1.hlog', [-0.4, 1, 50], [5, 999, 5_000]);
  return folder;
}

test('percentiles and rates are those of the logs of all processes together', () => {
  const { rates, latency } = measurementsOf(measuredRun());
  expect(rates).toEqual({ acked: 250, stored: 200 });
  const close = (value: number): unknown => expect.closeTo(value, 0);
  expect(latency.acked).toEqual({
    count: 1_000,
    p50: close(1),
    p90: close(2),
    p99: close(2),
    'p99.9': close(80),
    max: close(80),
    mean: close(2.04),
  });
  // A clock that is behind does not make a negative latency.
  expect(latency.stored).toMatchObject({ count: 1_000, p50: close(5), max: close(5) });
  expect(latency.missing).toEqual({ acked: [], stored: [] });
});

test('a latency log has a line for each second with records', () => {
  const text = readFileSync(measuredRun().file('latency-acked-p0.hlog'), 'utf8');
  const lines = text.split('\n').filter((line) => /^\d/.test(line));
  expect(lines.map((line) => line.split(',', 2))).toEqual([
    ['1700000000.000', '1.000'],
    ['1700000002.000', '0.500'],
  ]);
});

test('missing, damaged and cut logs are named, and the others still count', () => {
  const folder = measuredRun();
  rmSync(folder.file('latency-acked-p0.hlog'));
  const cut = folder.file('latency-stored-1.hlog');
  writeFileSync(cut, readFileSync(cut, 'utf8').replace('#[Closed]\n', ''));
  const { latency, rates } = measurementsOf(folder);
  expect(latency.acked?.count).toBe(500);
  expect(latency.stored?.count).toBe(1_000);
  expect(rates.acked).toBe(125);
  expect(latency.missing).toEqual({
    acked: ['latency-acked-p0.hlog: it is not there'],
    stored: ['latency-stored-1.hlog: it has no end: its process was killed'],
  });
  writeFileSync(cut, '1,2,3,rubbish\n');
  writeFileSync(folder.file('latency-acked-p1.hlog'), `#[StartTime: 1.0 (s)]\n1,2,3,rubbish\n#[Closed]\n`);
  const damaged = measurementsOf(folder);
  expect(damaged).toMatchObject({ rates: { acked: null, stored: null } });
  expect(damaged.latency).toMatchObject({ acked: null, stored: null });
  expect(damaged.latency.missing.acked).toHaveLength(2);
});
