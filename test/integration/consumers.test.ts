/** Several consumers in one group: no record is missed or stored twice when partitions move between them. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { journals, newRun } from '../fixtures/new-run.ts';
import { nodrop, start, until } from '../fixtures/nodrop.ts';

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
