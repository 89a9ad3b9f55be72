/** A run that was killed together with its own broker: the audit restarts the broker from its data. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAtWork } from '../../src/run-folder/at-work.ts';
import { leftoverProcess } from '../../src/system/process-record.ts';
import { readScanSummary } from '../../src/run-folder/log-scan-file.ts';
import type { Result } from '../../src/result/result.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, start, until } from '../fixtures/nodrop.ts';

test('verify after SIGKILL during a run restarts its broker, scans the topic, and stops the broker', async () => {
  const folder = new RunFolder(newDir(), 'killed');
  const dir = `--dir=${join(folder.path, '../..')}`;
  const load = ['--messages=100000', '--rate=2000', '--broker-property=log.cleanup.policy=compact'];
  const { child, ended } = start(['run', '--run=killed', dir, ...load]);
  const ledger = folder.file('ledger-p0-0.bin');
  const hasSent = (): boolean => existsSync(ledger) && readFileSync(ledger).length > 10_000;
  await until('messages are on their way', hasSent);
  child.kill('SIGKILL');
  await ended;
  const isOver = async (): Promise<boolean> =>
    !(await isAtWork(folder)) && (await leftoverProcess(folder.broker)) === undefined;
  await until('all that it started is gone', isOver);

  const verified = await nodropInProcess(['verify', 'killed', '--json', dir]);
  expect(verified.code, verified.stderr).toBe(2);
  expect(verified.stderr).toContain(`from its data in ${folder.broker}`);
  const { log, findings, notChecked } = JSON.parse(verified.stdout) as Result;
  expect(findings).toEqual([]);
  expect(log.records).toBeGreaterThan(0);
  expect(notChecked.filter((sentence) => /scanned|evidence of the log/.test(sentence))).toEqual([]);
  // The broker starts with the same topic settings as before.
  expect((await readScanSummary(folder.logSummary)).compacted).toBe(true);
  expect(await leftoverProcess(folder.broker)).toBeUndefined();

  rmSync(join(folder.broker, 'data'), { recursive: true });
  const without = await nodropInProcess(['verify', 'killed', '--json', '--rescan', dir]);
  expect(without.code, without.stderr).toBe(2);
  expect((JSON.parse(without.stdout) as Result).notChecked).toContainEqual(
    expect.stringMatching(
      /^The broker of the run is gone and could not be restarted .* holds no data of a broker/,
    ),
  );
});
