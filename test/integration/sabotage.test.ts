/** Live runs with a defect planted in nodrop's own processes: the audit finds each and blames the right stage. */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { quickGroup } from '../fixtures/faulted-run.ts';
import { madeMessages, madeRun } from '../fixtures/made-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';
import { evidenceOf, found, runWith } from '../fixtures/sabotaged-run.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const newRun = (): string => `s${randomUUID().slice(0, 8)}`;

test('the run without sabotage passes, and its journal accounts for every row', async () => {
  const made = await madeRun();
  expect(made.ended.code, `${made.ended.stdout}${made.ended.stderr}`).toBe(0);
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
  const judged = await runWith('commit-before-store:17', '--keep-topic', ...quickGroup);
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
