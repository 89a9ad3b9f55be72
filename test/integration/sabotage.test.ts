/** Live runs with a defect planted in nodrop's own processes: the audit finds each and blames the right stage. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { openRunEvidence } from '../../src/audit/run-evidence/run-evidence.ts';
import type { Evidence } from '../../src/audit/evidence.ts';
import type { Result } from '../../src/result/result.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { madeMessages, madeRun } from '../fixtures/made-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, start, until } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const newRun = (): string => `s${randomUUID().slice(0, 8)}`;

/** The group waits only this long for a member that was killed. */
const soonMissed = ['-X', 'session.timeout.ms=2000', '-X', 'heartbeat.interval.ms=300'];

interface Judged {
  dir: string;
  run: string;
  code: number | null;
  result: Result;
  stderr: string;
}

async function runWith(sabotage: string, ...args: string[]): Promise<Judged> {
  const [dir, run] = [newDir(), newRun()];
  const command = ['run', '--json', `--run=${run}`, `--dir=${dir}`, '--messages=60', '--timeout=10s', at];
  const { code, stdout, stderr } = await nodrop([...command, ...args], { NODROP_SABOTAGE: sabotage });
  return { dir, run, code, result: JSON.parse(stdout) as Result, stderr };
}

const found = ({ findings }: Result): string[] =>
  findings.map(({ kind, blame, count }) => `${kind} ${blame} ${count}`).sort();

/** The evidence of a run, opened like in the audit and read to its end. */
async function evidenceOf({ dir, run }: { dir: string; run: string }): Promise<{
  deliveries: NonNullable<Evidence['deliveries']>;
  written: NonNullable<Evidence['written']>;
  commits: ReadonlyMap<number, number>;
  positions: ReadonlyMap<number, number>;
  delivered: number;
  rows: number;
}> {
  const folder = new RunFolder(dir, run);
  await using open = await openRunEvidence(folder, folder.readManifest()!, folder.storeInUse());
  const { deliveries, written, commits, store } = open.evidence;
  let delivered = 0;
  for (const { count, first, end } of deliveries!.batches()) {
    for (let row = 0; row < count; row++) delivered += end[row]! - first[row]!;
  }
  let rows = 0;
  for (const { count } of written!.batches()) rows += count;
  return {
    deliveries: deliveries!,
    written: written!,
    commits: commits!,
    positions: store.positions,
    delivered,
    rows,
  };
}

test('the run without sabotage passes, and its journal accounts for every row', async () => {
  const made = await madeRun();
  expect(made.ended.code, made.ended.stderr).toBe(0);
  expect(made.result).toMatchObject({ verdict: 'pass', findings: [] });
  const evidence = await evidenceOf(made);
  expect(evidence.deliveries).toMatchObject({ whole: true, required: false });
  expect(evidence.written).toMatchObject({ whole: true, required: false });
  expect([evidence.delivered, evidence.rows]).toEqual([madeMessages, madeMessages]);
  const { positions, commits } = evidence;
  expect(positions.size).toBeGreaterThan(0);
  expect(Object.fromEntries(commits)).toEqual(Object.fromEntries(positions));
});

/** Runs that other files look at, too. `test/full` has the other kinds of sabotage. */
test.each<[sabotage: string, expected: string[]]>([
  ['drop-before-store', ['lost consumer 1']],
  ['double', ['duplicated consumer 1', 'misclassified consumer 1']],
  ['misroute', ['misclassified consumer 1']],
  ['flip-byte', ['corrupted consumer 1']],
  ['invent', ['phantom consumer 1']],
  ['claim-ack', ['lost broker 1']],
])('sabotage %s makes the run fail, with the right finding and blame', async (kind, expected) => {
  const { ended, result } = await madeRun(kind);
  expect(ended.code, ended.stderr).toBe(1);
  expect(result.verdict).toBe('fail');
  expect(found(result)).toEqual(expected);
  for (const { examples } of result.findings) {
    expect(examples.map(({ id }) => id)).toEqual([kind === 'invent' ? 'p0-1000017' : 'p0-17']);
  }
});

test('a poison record without a dead letter is a loss, blamed on the consumer', async () => {
  const poison = ['--rate=400', '--messages=1200', '--fault=poison@1s'];
  const { code, result, stderr } = await runWith('drop-dead-letter:3', ...poison);
  expect(code, stderr).toBe(1);
  expect(found(result)).toEqual(['lost consumer 1']);
  expect(result.findings[0]!.examples[0]!.detail).toBe('published by poison@1s; it is no dead letter');
  expect(result.faults).toMatchObject([{ tookEffect: true }]);
});

test('the history of a run with a planted defect does not pass, even if the defect had no effect', async () => {
  // The run has no message with this number.
  const { dir, run, code, result } = await runWith('misroute:100000');
  const planted = 'NODROP_SABOTAGE planted a defect in this run: misroute:100000.';
  expect([code, result]).toMatchObject([2, { findings: [], notChecked: [planted] }]);
  const exported = await nodropInProcess(['export', run, `--dir=${dir}`]);
  const history = join(dir, 'history.jsonl');
  writeFileSync(history, exported.stdout);
  const verified = await nodropInProcess(['verify', '--json', '--history', history]);
  expect([verified.code, JSON.parse(verified.stdout)]).toMatchObject([
    2,
    { findings: [], notChecked: [planted], environment: { sabotage: 'misroute:100000' } },
  ]);
});

test('a commit before the store is found as overcommitted, and a later consumer stores the missing rows', async () => {
  const judged = await runWith('commit-before-store:17', '--keep-topic', ...soonMissed);
  const { dir, run } = judged;
  const { commits, positions } = await evidenceOf(judged);
  const ahead = [...commits].filter(([partition, offset]) => offset > positions.get(partition)!);
  expect(ahead.length).toBeGreaterThan(0);
  expect(judged.code, judged.stderr).toBe(1);
  expect(judged.result.verdict).toBe('fail');
  expect(found(judged.result)).toEqual([`overcommitted consumer ${ahead.length}`]);
  const options = [`--run=${run}`, `--dir=${dir}`, at];
  const again = await nodrop(['consume', '--until-drained', ...options]);
  expect(again.code, again.stderr).toBe(0);
  const { code, stdout } = await nodropInProcess(['verify', run, '--rescan', '--json', `--dir=${dir}`]);
  // Nothing is wrong any more, but a pipeline with sabotage does not pass.
  expect([code, JSON.parse(stdout)]).toMatchObject([
    2,
    {
      verdict: 'inconclusive',
      findings: [],
      notChecked: ['NODROP_SABOTAGE planted a defect in this run: commit-before-store:17.'],
      environment: { sabotage: 'commit-before-store:17' },
    },
  ]);
  const evidence = await evidenceOf(judged);
  // The records of the killed consumer were delivered again.
  expect(evidence.delivered).toBeGreaterThan(60);
  expect(evidence.rows).toBe(60);
  expect(evidence.deliveries.whole).toBe(true);
  expect(evidence.written.whole).toBe(true);
});

test('after a consumer was killed the journals are whole, and include the records that were delivered twice', async () => {
  const [dir, run] = [newDir(), newRun()];
  const options = [`--run=${run}`, `--dir=${dir}`, at];
  const produced = await nodrop(['produce', '--messages=20000', ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  const limits = ['-X', 'fetch.max.bytes=20000', '-X', 'max.partition.fetch.bytes=5000'];
  const killed = start(['consume', '--until-drained', ...limits, ...soonMissed, ...options]);
  const journal = join(dir, 'runs', run, 'journal-1.bin');
  await until('it is at work', () => (statSync(journal, { throwIfNoEntry: false })?.size ?? 0) > 2000);
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(existsSync(`${journal}.sha256`)).toBe(false);
  const again = await nodrop(['consume', '--until-drained', ...options]);
  expect(again.code, again.stderr).toBe(0);
  const { code, stdout } = await nodropInProcess(['verify', run, '--json', `--dir=${dir}`]);
  const result = JSON.parse(stdout) as Result;
  expect([code, result]).toMatchObject([0, { verdict: 'pass', findings: [] }]);
  // If the kill came between a commit and its entry in the journal, that write alone is in doubt.
  const doubt =
    /^The evidence of the consumer's writes is not whole: no journal says that .* was written, or not/;
  expect(result.notChecked.filter((sentence) => !doubt.test(sentence))).toEqual([]);
  const { deliveries, delivered } = await evidenceOf({ dir, run });
  expect(deliveries.problem).toBe('');
  expect(deliveries.whole).toBe(true);
  expect(delivered).toBeGreaterThanOrEqual(20_000);
});

test('the audit of a run without a consumer finds no commits of the group', async () => {
  const [dir, run] = [newDir(), newRun()];
  await nodrop(['produce', '--messages=10', `--run=${run}`, `--dir=${dir}`, at]);
  await nodropInProcess(['verify', run, `--dir=${dir}`]);
  const summary = readFileSync(join(dir, 'runs', run, 'log.json'), 'utf8');
  expect(JSON.parse(summary)).toMatchObject({ records: 10, commits: {} });
});

test.each(['explode:1', 'double:-1', ''])('sabotage %j is wrong usage', async (value) => {
  for (const command of ['run', 'produce', 'consume']) {
    const { code, stdout, stderr } = await nodropInProcess(
      [command, `--run=${newRun()}`, `--dir=${newDir()}`, '--timeout=2s', at],
      { NODROP_SABOTAGE: value },
    );
    expect([command, code, stdout]).toEqual([command, 64, '']);
    expect(stderr).toContain('NODROP_SABOTAGE takes KIND:N');
    expect(stderr).toContain('drop-before-store');
  }
});
