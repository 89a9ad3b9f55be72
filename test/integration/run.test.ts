/** `nodrop run` in a child process, on a real Kafka. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const runId = (): string => `r${randomUUID().slice(0, 8)}`;

test('run starts its own Kafka, and passes with 1000 messages', async () => {
  const dir = newDir();
  const { code, stdout, stderr } = await nodrop(['run', '--json', `--dir=${dir}`, '--run=all', '--seed=7']);
  expect(code, stderr).toBe(0);
  const result = JSON.parse(stdout) as Result;
  expect(result).toMatchObject({
    schema: 1,
    verdict: 'pass',
    run: { id: 'all', seed: 7, topic: 'nodrop-all', messages: 1000, batchSize: 100 },
    ledger: { sent: 1000, acked: 1000, rejected: 0, unknown: 0, unsent: 0 },
    log: { records: 1000 },
    store: { rows: 1000, deadLetters: 0 },
    counts: { foreign: 0, unknownWritten: 0, unknownNotWritten: 0 },
    findings: [],
    notChecked: [],
  });
  const { failed = 0, completed = 0, 'in-progress': inProgress = 0 } = result.store.byCategory;
  expect(failed + completed + inProgress).toBe(1000);
  expect(Math.min(failed, completed, inProgress)).toBeGreaterThan(250);
  for (const [state, stored] of Object.entries(result.confusion)) {
    expect(stored).toEqual({ [state]: result.store.byCategory[state] });
  }
  for (const phase of Object.values(result.timings)) expect(phase).toBeGreaterThan(0);
  expect(result.environment).toMatchObject({ kafka: expect.any(String), java: expect.any(String) });
  expect(JSON.parse(readFileSync(join(dir, 'runs/all/result.json'), 'utf8'))).toEqual(result);
  // The broker has ended, and its data, which are no longer evidence, are removed.
  expect(existsSync(join(dir, 'runs/all/kafka'))).toBe(false);
});

test('on an existing cluster a passed run removes its topic', async () => {
  const [dir, run] = [newDir(), runId()];
  const passed = await nodrop(['run', `--dir=${dir}`, `--run=${run}`, '--messages=50', at]);
  expect(passed.code, passed.stderr).toBe(0);
  expect(passed.stdout).toContain('PASS');
  const rescan = ['verify', run, '--rescan', '--json', `--dir=${dir}`, '--timeout=3s'];
  const { stdout } = await nodropInProcess(rescan);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'inconclusive' });
});

test('run keeps a topic that existed before, and judges only its own records in it', async () => {
  const dir = newDir();
  const topic = `shared-${runId()}`;
  const produced = await nodrop([
    'produce',
    `--dir=${dir}`,
    '--run=first',
    `--topic=${topic}`,
    '--messages=30',
    at,
  ]);
  expect(produced.code, produced.stderr).toBe(0);
  const second = await nodrop([
    'run',
    '--json',
    `--dir=${dir}`,
    '--run=second',
    `--topic=${topic}`,
    '--messages=40',
    at,
  ]);
  expect(second.code, second.stderr).toBe(0);
  const result = JSON.parse(second.stdout) as Result;
  expect(result).toMatchObject({ verdict: 'pass', log: { records: 40 }, store: { rows: 40 } });
  // All records are still in the topic: a third run consumes those of the other two.
  const consumed = await nodrop([
    'consume',
    `--dir=${dir}`,
    '--run=third',
    `--topic=${topic}`,
    '--until-drained',
    at,
  ]);
  expect(consumed.stdout).toContain('70 rows');
});

test('a run passes with weighted states, one partition and one message per batch', async () => {
  const { code, stdout, stderr } = await nodrop([
    'run',
    '--json',
    `--dir=${newDir()}`,
    `--run=${runId()}`,
    '--messages=60',
    '--batch-size=1',
    '--partitions=1',
    '--states=good=5,not-so-good=1',
    '--payload-bytes=400',
    at,
  ]);
  expect(code, stderr).toBe(0);
  const { store } = JSON.parse(stdout) as Result;
  expect(Object.keys(store.byCategory).toSorted()).toEqual(['good', 'not-so-good']);
});

test('a run id that was used before is refused, and no file of that run changes', async () => {
  const dir = newDir();
  const run = runId();
  expect((await nodrop(['produce', `--dir=${dir}`, `--run=${run}`, '--messages=10', at])).code).toBe(0);
  const before = readdirSync(join(dir, 'runs', run)).map((name) => [
    name,
    readFileSync(join(dir, 'runs', run, name)),
  ]);
  for (const command of ['run', 'produce']) {
    const { code, stderr } = await nodropInProcess([
      command,
      `--dir=${dir}`,
      `--run=${run}`,
      '--messages=20',
      at,
    ]);
    expect(code).toBe(64);
    expect(stderr).toContain(`Run ${run} exists already`);
  }
  expect(
    readdirSync(join(dir, 'runs', run)).map((name) => [name, readFileSync(join(dir, 'runs', run, name))]),
  ).toEqual(before);
});
