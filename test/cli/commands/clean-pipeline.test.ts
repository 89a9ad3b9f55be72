/** `clean` and the folders of runs of a user's pipeline: all that nodrop made goes, no matter when the run was killed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { pipelineRecordIn } from '../../../src/run-folder/check-folder.ts';
import { RunFolder } from '../../../src/run-folder/run-folder.ts';
import { sealText } from '../../../src/run-folder/seal.ts';
import { GrowingPipelineRun } from '../../fixtures/growing-pipeline-run.ts';
import { newDir } from '../../fixtures/nodrop.ts';
import { nodropInProcess } from '../../fixtures/nodrop-in-process.ts';

let dir: string;
beforeEach(() => {
  dir = newDir();
});

/** A process id that no process has. */
const gone = 2 ** 22 + 1;
const clean = (...args: string[]): ReturnType<typeof nodropInProcess> =>
  nodropInProcess(['clean', '--dir', dir, '--yes', ...args]);

function write({ path }: RunFolder, name: string, text = 'x'): void {
  mkdirSync(join(path, dirname(name)), { recursive: true });
  writeFileSync(join(path, name), text);
}

const destination = ['topic', 'later-0', 'sink-1-1', 'sink-1-2'].flatMap((file) => [
  `${file}.facts`,
  `${file}.ids`,
]);
/** In the order in which a run writes them: a run that is killed has the first of them, and perhaps a draft of the next. */
const files = [
  'process.json',
  'kafka/broker.log',
  'kafka/data/orders-0/00000000000000000000.log',
  'processes/worker-0.log',
  'processes/order_writer-11.log',
  'source.log',
  'faults.json',
  'messages.log',
  'latency-acked-p0.hlog',
  'messages.log.sha256',
  'ledger-p0-0.bin.sha256',
  ...destination.map((file) => `destinations/source/${file}`),
  ...destination.map((file) => `destinations/order-table/${file}`),
  'destinations/source/check.json.4711',
  'destinations/source/check.json',
  'destinations/source/check.json.sha256',
  'findings.jsonl',
  'pipeline.json.4711',
];

test.each(
  Array.from({ length: files.length + 1 }, (_, count) => [count, files[count - 1] ?? 'course.jsonl']),
)(
  'a run that was killed with %i more files, the last of them %s, counts as crashed, and nothing of it stays',
  async (count) => {
    const { folder, ledger } = new GrowingPipelineRun(dir, 'killed', 10, gone);
    ledger.close();
    const record = JSON.stringify({ pid: gone, startedAt: '1', marker: 'nodrop' });
    for (const name of files.slice(0, count)) write(folder, name, name === 'process.json' ? record : 'x');
    const { stdout } = await clean();
    expect(stdout).toContain(`crashed      ${folder.path}`);
    expect(readdirSync(join(dir, 'runs'))).toEqual([]);
  },
);

test('a run that was killed between its evidence and its verdict stays until --all: verify can judge it', async () => {
  const { folder, ledger } = new GrowingPipelineRun(dir, 'late', 10, gone);
  ledger.close();
  const text = JSON.stringify({ run: 'late' });
  write(folder, 'pipeline.json', text);
  sealText(pipelineRecordIn(folder), text);
  expect((await clean()).stdout).toContain('Nothing to remove; 1 run is kept');
  expect((await clean('--all')).stdout).toContain(`unjudged     ${folder.path}`);
  expect(existsSync(folder.path)).toBe(false);
});

test('files that nodrop does not make stay, also beside the logs and the evidence', async () => {
  const { folder, ledger } = new GrowingPipelineRun(dir, 'mixed', 10, gone);
  ledger.close();
  for (const name of ['processes/worker-0.log', 'destinations/table/topic.facts']) write(folder, name);
  const mine = ['notes.txt', 'processes/heap.hprof', 'destinations/table/rows.csv', 'destinations/mine.txt'];
  for (const name of mine) write(folder, name, 'mine');
  const { stderr } = await clean();
  expect(stderr).toContain('it holds what nodrop did not make');
  const left = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(left.map(({ parentPath, name }) => join(parentPath, name)).sort()).toEqual(
    mine.map((name) => join(folder.path, name)).sort(),
  );
  for (const name of mine) expect(readFileSync(join(folder.path, name), 'utf8')).toBe('mine');
});

test('a copy of a run under another name belongs to the user', async () => {
  const { folder, ledger } = new GrowingPipelineRun(dir, 'copy', 10, gone);
  ledger.close();
  write(folder, 'pipeline.json', JSON.stringify({ run: 'original' }));
  write(folder, 'result.json', JSON.stringify({ verdict: 'pass' }));
  expect((await clean('--all')).stdout).toBe('Nothing to remove.\n');
  expect(existsSync(folder.result)).toBe(true);
});

test('a run at work is never removed', async () => {
  const { folder, ledger } = new GrowingPipelineRun(dir, 'busy', 10);
  expect((await clean('--all')).stdout).toContain('Nothing to remove; 1 run is kept');
  ledger.close();
  await clean('--all');
  // The process of this test wrote its ledger, and is still there.
  expect(existsSync(folder.path)).toBe(true);
});
