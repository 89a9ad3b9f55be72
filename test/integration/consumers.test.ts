/** Several consumers in one group: no record is missed or stored twice when partitions move between them. */
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, start, until } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const soonMissed = ['-X', 'session.timeout.ms=2000', '-X', 'heartbeat.interval.ms=300'];
const newRun = (): { folder: RunFolder; options: string[] } => {
  const [dir, run] = [newDir(), `g${randomUUID().slice(0, 8)}`];
  return { folder: new RunFolder(dir, run), options: [`--run=${run}`, `--dir=${dir}`, at] };
};

/** The number of journals of a run: one for each consumer that has joined. */
const journals = ({ path }: RunFolder): number =>
  readdirSync(path).filter((name) => /^journal-\d+\.bin$/.test(name)).length;

test('a run with three consumers passes, and each consumer has its own journal and log', async () => {
  const { folder, options } = newRun();
  const load = ['--messages=30000', '--batch-size=500', '--partitions=6', '--consumers=3'];
  const { code, stdout, stderr } = await nodrop(['run', '--json', ...load, ...options]);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout) as Result).toMatchObject({ verdict: 'pass', store: { rows: 30_000 } });
  expect(journals(folder)).toBe(3);
  expect(readdirSync(folder.path)).toEqual(
    expect.arrayContaining(['consumer.log', 'consumer-2.log', 'consumer-3.log']),
  );
});

test('consume --consumers prints one summary, and its consumers take over from a killed member of the group', async () => {
  const { folder, options } = newRun();
  const produced = await nodrop([
    'produce',
    '--messages=20000',
    '--batch-size=500',
    '--partitions=4',
    ...options,
  ]);
  expect(produced.code, produced.stderr).toBe(0);
  const limits = ['-X', 'max.partition.fetch.bytes=10000', ...soonMissed];
  const victim = start(['consume', '--until-drained', ...limits, ...options]);
  await until('it is at work', () => journals(folder) === 1);
  const { ended } = start(['consume', '--until-drained', '--consumers=2', '--json', ...limits, ...options]);
  await until('the others are there', () => journals(folder) === 3);
  victim.child.kill('SIGKILL');
  const { code, stdout, stderr } = await ended;
  expect(code, stderr).toBe(0);
  const summary = JSON.parse(stdout) as { stored: number; deadLetters: number };
  expect(summary).toMatchObject({ run: folder.id, deadLetters: 0 });
  expect(summary.stored).toBeLessThanOrEqual(20_000);
  const { stdout: document } = await nodropInProcess([
    'verify',
    folder.id,
    '--json',
    `--dir=${folder.path}/../..`,
  ]);
  expect(JSON.parse(document) as Result).toMatchObject({ verdict: 'pass', store: { rows: 20_000 } });
});

test('Ctrl-C stops all consumers of consume --consumers, which seals their journals and prints one summary', async () => {
  const { folder, options } = newRun();
  const produced = await nodrop(['produce', '--messages=1000', ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  const { child, ended } = start(['consume', '--consumers=2', '--json', ...options]);
  await until('both are there', () => journals(folder) === 2);
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect(code, stderr).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ run: folder.id, deadLetters: 0 });
  const sealed = readdirSync(folder.path).filter((name) => /^journal-\d+\.bin\.sha256$/.test(name));
  expect(sealed).toHaveLength(2);
});
