/** Faults on a real pipeline: one run each, with what shows that it took effect and that nothing was lost. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { readReport } from '../../src/page/report-page.ts';
import type { Result } from '../../src/result/result.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { newDir as anyNewDir, nodrop, start, until, type Ended } from '../fixtures/nodrop.ts';

const shared = `--bootstrap-server=${inject('bootstrapServers')}`;
const { location, password } = inject('postgres');
const postgres = (): string => `--store=${location}?schema=t${randomUUID().slice(0, 8)}`;
const dirs: string[] = [];
function newDir(): string {
  const dir = anyNewDir();
  dirs.push(dir);
  return dir;
}
const quickGroup = ['-X', 'session.timeout.ms=2000', '-X', 'heartbeat.interval.ms=300'];

/** A paced run, so that it is at work when its faults are due. */
async function runWith(
  faults: readonly string[],
  args: readonly string[],
): Promise<{ ended: Ended; result: Result; dir: string }> {
  const dir = newDir();
  const ended = await nodrop(
    [
      'run',
      '--json',
      '--quiet',
      '--rate=400',
      `--dir=${dir}`,
      ...faults.map((fault) => `--fault=${fault}`),
      ...args,
    ],
    { PGPASSWORD: password },
  );
  expect(ended.stdout, ended.stderr).not.toBe('');
  return { ended, result: JSON.parse(ended.stdout) as Result, dir };
}

function expectSurvived({ ended, result }: { ended: Ended; result: Result }): void {
  expect(result, JSON.stringify([result.faults, result.notChecked, result.findings])).toMatchObject({
    verdict: 'pass',
    findings: [],
  });
  expect(ended.code).toBe(0);
  expect(result.faults.every(({ tookEffect }) => tookEffect)).toBe(true);
}

test('a producer that was killed goes on in a session of its own, with no id used twice', async () => {
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
  // What was done can be done again.
  expect(JSON.parse(readFileSync(join(folder, 'faults.json'), 'utf8'))).toEqual([
    { name: 'kill-producer', at: '1s', for: '500ms' },
  ]);
  const again = await nodrop(['verify', result.run.id, '--json', `--dir=${dir}`]);
  expect(JSON.parse(again.stdout)).toMatchObject({ verdict: 'pass', faults: result.faults });
});

test('a producer that sends for a time goes on for what is left of it', async () => {
  const dir = newDir();
  const { code, stdout, stderr } = await nodrop([
    'run',
    '--json',
    // A new process takes seconds to start where the machine is busy.
    '--duration=8s',
    '--batch-size=10',
    `--dir=${dir}`,
    shared,
    '--fault=kill-producer@1s+200ms',
  ]);
  expect(code, stderr).toBe(0);
  const result = JSON.parse(stdout) as Result;
  expect(result).toMatchObject({ verdict: 'pass', notChecked: [] });
  expect(result.ledger.sent).toBeGreaterThan(100);
  const second = join(dir, 'runs', result.run.id, 'ledger-p0-1.bin');
  expect(statSync(second).size, 'bytes of sends and acks').toBeGreaterThan(2_000);
});

test('a producer that stays away leaves messages unsent, which is no pass', async () => {
  const { ended, result } = await runWith(['kill-producer@1s+never'], ['--duration=3s', shared]);
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(result.ledger.unsent).toBeGreaterThan(0);
  expect(result.faults[0]).toMatchObject({ tookEffect: true, endMs: null });
  expect(ended.code).toBe(2);
});

test('a consumer that was killed between store and commit is given it again, and stores it once', async () => {
  const faults = ['kill-consumer:after-store-commit@1s+500ms'];
  const run = await runWith(faults, ['--duration=3s', ...quickGroup, shared]);
  expectSurvived(run);
  expect(run.result.faults[0]!.evidence).toContain('it stood at after-store-commit');
});

test('of two consumers one may stay away', async () => {
  const args = ['--duration=3s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['kill-consumer@1s+never'], args);
  expectSurvived(run);
  expect(run.result.faults[0]).toMatchObject({ target: 'consumer 1 of 2', endMs: null });
});

test('a disk that was full has room again for the consumer that is left', async () => {
  const args = ['--duration=5s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['fill-disk@1s+3s', 'kill-consumer@2s+never'], args);
  expectSurvived(run);
  expect(run.result.faults[0]!.evidence).toContain('the offsets did not move meanwhile');
});

test('a consumer that slept through its session writes nothing late', async () => {
  const args = ['--duration=9s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['pause-consumer@1s+6s'], args);
  expectSurvived(run);
  const [slept, expired] = run.result.faults[0]!.evidence;
  expect(slept).toMatch(/process \d+, consumer 1 of 2, is in state T/);
  expect(expired).toBe('its session expired: of 2 members the group has 1');
});

test('consumers whose group has forgotten everything go on from the store', async () => {
  const args = ['--duration=5s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['delete-offsets@2s'], args);
  expectSurvived(run);
  const [deleted] = run.result.faults;
  expect(deleted).toMatchObject({ target: 'consumer 1 of 2, consumer 2 of 2' });
  const evidence = deleted!.evidence.join();
  expect(evidence).toMatch(/process \d+, consumer 2 of 2, is gone/);
  expect(evidence).toContain('3 partitions had committed offsets, and 0 had any after the group was deleted');
  // They were away for as long as the group waited for them.
  expect(deleted!.endMs! - deleted!.startMs!).toBeGreaterThan(1_000);
});

test('a fault that comes too late proves nothing', async () => {
  const dir = newDir();
  const args = ['run', '--json', `--dir=${dir}`, '--messages=50', shared, '--fault=kill-producer@20m'];
  const { code, stdout, stderr } = await nodrop(args);
  expect(code, stderr).toBe(2);
  const result = JSON.parse(stdout) as Result;
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(result.faults).toMatchObject([{ name: 'kill-producer', tookEffect: false, startMs: null }]);
  expect(result.notChecked.join(' ')).toContain('The fault kill-producer@20m+5s did not take effect');
  const again = await nodrop(['verify', result.run.id, `--dir=${dir}`]);
  expect(again.code).toBe(2);
});

test('the only broker is killed, and comes back with all that it acknowledged', async () => {
  const run = await runWith(['kill-broker@1s+1s'], ['--duration=4s']);
  expectSurvived(run);
  const [killed] = run.result.faults;
  expect(killed!.evidence.join()).toMatch(/process \d+, broker 1, is gone,broker 1 was started again/);
  expect(killed!.evidence.join()).toContain('leader epoch');
});

test('producers whose answers are cut off send again, and what they sent is there once', async () => {
  const run = await runWith(['cut:producer-acks@1s+2s', 'latency:consumer=50ms@1s+1s'], ['--duration=5s']);
  expectSurvived(run);
  const [cut, late] = run.result.faults;
  expect(cut).toMatchObject({ name: 'cut', target: 'producers and brokers' });
  expect(cut!.evidence.join()).toMatch(/producers and brokers, back: \d+ bytes? (was|were) held back/);
  expect(late!.evidence.join()).toMatch(
    /consumers and brokers, there: \d+ pieces? of data came 50±0 ms later/,
  );
});

test('a store that somebody locks is waited for, and records that nobody can sort are dead letters', async () => {
  const run = await runWith(['lock-store@1s+1s', 'poison@1s'], ['--duration=3s', shared]);
  // A fault's records are the run's: they keep no topic from being taken away.
  expect(run.ended.stderr).not.toContain('was left');
  expectSurvived(run);
  const [locked, poisoned] = run.result.faults;
  expect(locked!.evidence).toContain('the offsets did not move meanwhile');
  expect(locked!.evidence.join()).toMatch(/[1-9]\d* records waited to be stored/);
  expect(poisoned!.evidence.join()).toMatch(/(\d+) were acknowledged, and \1 are dead letters/);
  expect(run.result.counts.foreign).toBe(10);
  expect(poisoned).not.toHaveProperty('found');
  expect(poisoned!.published).toHaveLength(10);
  // The page lists their dead letters, and knows whose they are.
  const folder = new RunFolder(run.dir, run.result.run.id);
  expect(readReport(folder)!.deadLetters).toMatchObject({ count: 10, planted: 10, isCut: false });

  // Had one of them been dropped, each later audit would say so too.
  const detail = 'published by poison@1s; it is no dead letter';
  const lost = { kind: 'lost', blame: 'consumer', partition: 0, offset: 12, detail } as const;
  folder.writeResult({ ...run.result, faults: [locked!, { ...poisoned!, found: [lost] }] });
  const again = await nodrop(['verify', folder.id, '--json', `--dir=${run.dir}`]);
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

test('a lock that keeps nobody from storing anything proves nothing', async () => {
  const faults = ['pause-producer@1s+3s', 'lock-store@2s+1s'];
  const { ended, result } = await runWith(faults, ['--duration=5s', shared]);
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  const [paused, locked] = result.faults;
  expect(paused).toMatchObject({ tookEffect: true });
  expect(locked).toMatchObject({ tookEffect: false });
  expect(locked!.evidence).toContain('no records waited to be stored');
  expect(result.notChecked.join(' ')).toContain('The fault lock-store@2s+1s did not take effect');
  expect(ended.code).toBe(2);
});

test('a database that is restarted is waited for', async () => {
  const run = await runWith(['restart-store@1s+1s'], ['--duration=3s', shared, postgres()]);
  expectSurvived(run);
  const [restarted] = run.result.faults;
  expect(restarted).toMatchObject({ target: 'consumers and the database' });
  const evidence = restarted!.evidence.join();
  expect(evidence).toMatch(/[1-9]\d* sessions? (was|were) ended at the database/);
  expect(evidence).toMatch(/[1-9]\d* new connections? (was|were) refused/);
  const log = readFileSync(join(run.dir, 'runs', run.result.run.id, 'consumer.log'), 'utf8');
  expect(log).toContain('The store is back.');
});

/** So slow a database that the consumer gets on, and comes no nearer to the end. */
const slow = (fault: string, timeout: string): ReturnType<typeof runWith> =>
  runWith(
    [fault],
    [
      '--duration=4s',
      '--batch-size=40',
      `--timeout=${timeout}`,
      '-X',
      'max.partition.fetch.bytes=1024',
      shared,
      postgres(),
    ],
  );

test('what has not drained in time after the last fault has stalled, though it gets on', async () => {
  const { ended, result } = await slow('latency:store=200ms@1s+never', '8s');
  expect(ended.code).toBe(2);
  expect(result).toMatchObject({ verdict: 'inconclusive', faults: [{ tookEffect: true, endMs: null }] });
  expect(result.findings).toMatchObject([{ kind: 'stalled', blame: 'consumer', count: 3 }]);
  for (const { detail } of result.findings[0]!.examples) expect(detail).toMatch(/^is at \d+ of \d+$/);
  expect(result.notChecked[0]).toBe(
    'The pipeline had not drained within 8s of the last send and the last fault.',
  );
  expect(result.notChecked.join(' ')).toMatch(/The lag: partition 0 is at \d+ of \d+, partition 1/);
  expect(result.timings.drainMs).toBeLessThan(20_000);
  // It was stopped, and had not given up.
  expect(result.notChecked.join(' ')).not.toMatch(/No progress|ended early/);
});

test('and what drains in time has not', async () => {
  const run = await slow('latency:store=200ms@1s+1s', '40s');
  expectSurvived(run);
  expect(run.result.notChecked).toEqual([]);
});

test('what is deleted before it was read has expired', async () => {
  const faults = ['pause-consumer@1s+2s', 'delete-records@2s'];
  const { ended, result } = await runWith(faults, ['--duration=4s', shared]);
  expect(result.findings).toMatchObject([{ kind: 'expired', blame: 'broker', cause: 'retention' }]);
  expect(ended.code).toBe(1);
});

test.each([
  [['--fault=kill-leeder@5s'], "there is no fault 'kill-leeder'"],
  [['--fault=kill-leader@5s', shared], "not nodrop's own"],
  [['--fault=kill-controller@5s'], '--brokers 3'],
  [['--fault=restart-store@5s'], 'nobody restarts SQLite'],
  [['--fault=kill-leader@5s', '--duration=4s'], 'all has been sent'],
  [['--fault-file=/nowhere.json'], 'cannot be read'],
  [['--brokers=3', shared], 'Leave either out'],
  [['--brokers=0'], 'from 1 to 9'],
  [['--broker-property=process.roles=broker'], 'nodrop itself sets process.roles'],
  [['--broker-property=x'], 'KEY=VALUE'],
  [['--allow=everything'], 'acks=1'],
])('run %s is refused before anything is started', async (args, why) => {
  const dir = newDir();
  const { code, stdout, stderr } = await nodrop(['run', `--dir=${dir}`, ...args]);
  expect(code, stderr).toBe(64);
  expect(stdout).toBe('');
  expect(stderr).toContain(why);
  expect(existsSync(join(dir, 'runs'))).toBe(false);
});

test('nodrop faults lists them all with an example each', async () => {
  const { code, stdout } = await nodrop(['faults']);
  expect(code).toBe(0);
  const { stdout: json } = await nodrop(['faults', '--json']);
  const listed = JSON.parse(json) as { name: string; example: string }[];
  for (const { example } of listed) expect(stdout).toContain(` --fault ${example}\n`);
  expect(stdout.split('\n').every((line) => line.length <= 80)).toBe(true);
});

test('what a fault has suspended does not outlive a run that is killed', async () => {
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

test('nothing is left of runs with faults', () => {
  const processes = execFileSync('ps', ['-ww', '-eo', 'command'], { encoding: 'utf8' }).split('\n');
  expect(dirs.length).toBeGreaterThan(10);
  expect(processes.filter((command) => dirs.some((dir) => command.includes(dir)))).toEqual([]);
});
