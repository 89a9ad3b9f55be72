/** Faults on a real pipeline: one run each, with evidence that the fault took effect and that no message was lost. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readReport } from '../../src/page/report-page.ts';
import type { Result } from '../../src/result/result.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { expectSurvived, quickGroup, runWith, sharedBroker as shared } from '../fixtures/faulted-run.ts';
import { newDir, nodrop, start, until } from '../fixtures/nodrop.ts';

test('a killed producer resumes in a new session, and uses no message id twice', async () => {
  const run = await runWith(['kill-producer@1s+500ms'], ['--duration=3s', shared]);
  expectSurvived(run);
  const { result, dir } = run;
  const [fault] = result.faults;
  expect(fault).toMatchObject({ name: 'kill-producer', target: 'the producer' });
  expect(fault!.startMs).toBeGreaterThanOrEqual(1_000);
  expect(fault!.endMs! - fault!.startMs!).toBeGreaterThanOrEqual(500);
  expect(fault!.evidence.join()).toMatch(/process \d+, the producer, is gone/);
  const folder = join(dir, 'runs', result.run.id);
  expect(existsSync(join(folder, 'ledger-p0-1.bin'))).toBe(true);
  expect(result.ledger).toMatchObject({ sent: 1_200, unsent: 0 });
  expect(result.counts.unknownWritten + result.counts.unknownNotWritten).toBe(result.ledger.unknown);
  // The run saves its fault schedule, so that it can be repeated.
  expect(JSON.parse(readFileSync(join(folder, 'faults.json'), 'utf8'))).toEqual([
    { name: 'kill-producer', at: '1s', for: '500ms' },
  ]);
  const again = await nodropInProcess(['verify', result.run.id, '--json', `--dir=${dir}`]);
  expect(JSON.parse(again.stdout)).toMatchObject({ verdict: 'pass', faults: result.faults });
});

test('a consumer that was killed between store and commit gets the records again, and stores them once', async () => {
  const faults = ['kill-consumer:after-store-commit@1s+500ms'];
  const run = await runWith(faults, ['--duration=3s', ...quickGroup, shared]);
  expectSurvived(run);
  expect(run.result.faults[0]!.evidence).toContain('it stood at after-store-commit');
});

test('a fault that is due after the run has ended makes the run inconclusive', async () => {
  const dir = newDir();
  const args = ['run', '--json', `--dir=${dir}`, '--messages=50', shared, '--fault=kill-producer@20m'];
  const { code, stdout, stderr } = await nodrop(args);
  expect(code, stderr).toBe(2);
  const result = JSON.parse(stdout) as Result;
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(result.faults).toMatchObject([{ name: 'kill-producer', tookEffect: false, startMs: null }]);
  expect(result.notChecked.join(' ')).toContain('The fault kill-producer@20m+5s did not take effect');
  const again = await nodropInProcess(['verify', result.run.id, `--dir=${dir}`]);
  expect(again.code).toBe(2);
});

test('producers whose acks are cut off retry, and each message is stored once', async () => {
  const run = await runWith(['cut:producer-acks@1s+2s', 'latency:consumer=50ms@1s+1s'], ['--duration=5s']);
  expectSurvived(run);
  const [cut, late] = run.result.faults;
  expect(cut).toMatchObject({ name: 'cut', target: 'producers and brokers' });
  expect(cut!.evidence.join()).toMatch(/producers and brokers, back: \d+ bytes? (was|were) held back/);
  expect(late!.evidence.join()).toMatch(
    /consumers and brokers, there: \d+ pieces? of data came 50±0 ms later/,
  );
});

test('the consumer waits for a locked store, and poison records become dead letters', async () => {
  const run = await runWith(['lock-store@1s+1s', 'poison@1s'], ['--duration=3s', shared]);
  // Records that a fault published belong to the run, so the topic can still be removed.
  expect(run.ended.stderr).not.toContain('was left');
  expectSurvived(run);
  const [locked, poisoned] = run.result.faults;
  expect(locked!.evidence).toContain('the offsets did not move meanwhile');
  expect(locked!.evidence.join()).toMatch(/[1-9]\d* records waited to be stored/);
  expect(poisoned!.evidence.join()).toMatch(/(\d+) were acknowledged, and \1 are dead letters/);
  expect(run.result.counts.foreign).toBe(10);
  expect(poisoned).not.toHaveProperty('found');
  expect(poisoned!.published).toHaveLength(10);
  // The page lists their dead letters, and knows that the fault planted them.
  const folder = new RunFolder(run.dir, run.result.run.id);
  expect(readReport(folder)!.deadLetters).toMatchObject({ count: 10, planted: 10, isCut: false });

  // If the consumer had dropped one of them, each later audit would report it too.
  const detail = 'published by poison@1s; it is no dead letter';
  const lost = { kind: 'lost', blame: 'consumer', partition: 0, offset: 12, detail } as const;
  folder.writeResult({ ...run.result, faults: [locked!, { ...poisoned!, found: [lost] }] });
  const again = await nodropInProcess(['verify', folder.id, '--json', `--dir=${run.dir}`]);
  expect(again.code, again.stderr).toBe(1);
  expect(JSON.parse(again.stdout)).toMatchObject({
    verdict: 'fail',
    findings: [
      { kind: 'lost', blame: 'consumer', count: 1, examples: [{ partition: 0, offset: 12, detail }] },
    ],
    faults: [{ name: 'lock-store' }, { found: [lost] }],
  });
  expect(JSON.parse(readFileSync(folder.findings, 'utf8'))).toEqual(lost);
});

test.each([
  [['--fault=kill-leeder@5s'], "there is no fault 'kill-leeder'"],
  [['--fault=kill-leader@5s', shared], "not nodrop's own"],
  [['--fault=kill-controller@5s'], '--brokers 3'],
  [['--fault=restart-store@5s'], 'SQLite has no server to restart'],
  [['--fault=kill-leader@5s', '--duration=4s'], 'all has been sent'],
  [['--fault-file=/nowhere.json'], 'cannot be read'],
  [['--brokers=3', shared], 'Leave out --bootstrap-server'],
  [['--brokers=0'], 'from 1 to 9'],
  [['--broker-property=process.roles=broker'], 'nodrop itself sets process.roles'],
  [['--broker-property=x'], 'KEY=VALUE'],
  [['--allow=everything'], 'acks=1'],
])('run %s is refused before anything is started', async (args, why) => {
  const dir = newDir();
  const { code, stdout, stderr } = await nodropInProcess(['run', `--dir=${dir}`, ...args]);
  expect(code, stderr).toBe(64);
  expect(stdout).toBe('');
  expect(stderr).toContain(why);
  expect(existsSync(join(dir, 'runs'))).toBe(false);
});

test('nodrop faults lists all faults, each with an example', async () => {
  const { code, stdout } = await nodropInProcess(['faults']);
  expect(code).toBe(0);
  const { stdout: json } = await nodropInProcess(['faults', '--json']);
  const listed = JSON.parse(json) as { name: string; example: string }[];
  for (const { example } of listed) expect(stdout).toContain(` --fault ${example}\n`);
  expect(stdout.split('\n').every((line) => line.length <= 80)).toBe(true);
});

test('if a run is killed, the processes that a fault has suspended end too', async () => {
  const dir = newDir();
  const args = ['run', '--rate=100', '--duration=60s', `--dir=${dir}`, shared];
  const { child, ended } = start([
    ...args,
    '--fault=pause-consumer@500ms+50s',
    '--fault=pause-producer@500ms+50s',
  ]);
  const statesOf = (): string[] =>
    execFileSync('ps', ['-ww', '-eo', 'state=,command='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(dir) && /nodrop\.js (consume|produce)/.test(line))
      .map((line) => line[0]!);
  await until('both sleep', () => statesOf().join('') === 'TT');
  child.kill('SIGKILL');
  await ended;
  await until('both are gone', () => statesOf().length === 0);
  expect(statesOf()).toEqual([]);
});
