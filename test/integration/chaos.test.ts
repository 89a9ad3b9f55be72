/** The output of chaos runs, from end to end. Each starts its own Kafka; `test/full/chaos-days.test.ts` has more. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readJunit } from '../report/ci/junit-document.ts';
import { chaosPlan as plan } from '../fixtures/chaos-replay.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, start, until } from '../fixtures/nodrop.ts';

test('Ctrl-C ends the current chaos run, and the JSON result covers the runs before it', async () => {
  const dir = newDir();
  const { child, ended } = start(['chaos', '--seed=7', `--dir=${dir}`, '--json']);
  await until('the day has begun', () => {
    const [run] = existsSync(join(dir, 'runs')) ? readdirSync(join(dir, 'runs')) : [];
    return run !== undefined && existsSync(join(dir, 'runs', run, 'course.jsonl'));
  });
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ schema: 1, runs: [], coverage: { poison: { beginning: 0 } } });
});

test('chaos writes each report to its file, with a JUnit case for each run', async () => {
  const dir = newDir();
  const file = join(dir, 'chaos.json');
  writeFileSync(file, JSON.stringify({ ...plan, faults: plan.faults.slice(0, 1) }));
  const [junit, github, text] = ['junit.xml', 'github.txt', 'all.txt'].map((name) => join(dir, name));
  const { code, stdout } = await nodrop(
    [
      'chaos',
      `--replay=${file}`,
      `--dir=${dir}`,
      `--reporter=junit=${junit}`,
      `--reporter=github=${github}`,
      `--reporter=default=${text}`,
    ],
    { NODROP_SABOTAGE: 'drop-before-store:17' },
  );
  expect(code).toBe(1);
  const { suite, cases } = readJunit(readFileSync(junit!, 'utf8'));
  expect(suite).toMatchObject({ name: 'nodrop chaos', tests: '1', failures: '1' });
  expect(cases).toMatchObject([{ name: 'chaos run 1', state: 'failure' }]);
  expect(cases[0]!.text).toContain('pause-producer@500ms+500ms');
  expect(readFileSync(github!, 'utf8')).toContain(
    '::error title=nodrop chaos%3A run 1%3A 1 lost (consumer).::',
  );
  // stdout shows each run once, when it is over; the file shows the whole report.
  expect(stdout.match(/1\/1 {2}fail/g)).toHaveLength(1);
  const told = readFileSync(text!, 'utf8');
  expect(told).toMatch(/1\/1 {2}fail/);
  expect(told).toContain('runs where it took effect');
});

test.each([
  [['--replay=/nowhere.json'], 'cannot be read'],
  [['--runs=0'], '--runs'],
  [['--for=soon'], '--for'],
  [['--store=sqlite:all.db'], 'a store of its own'],
  [['--store=postgres://u@h/d?schema=s'], 'a store of its own'],
  [['--kafka-version=2.8.0'], 'nodrop has no Kafka 2.8.0'],
  [['--kafka-version=4.4.0', '--zookeeper'], 'ZooKeeper'],
  [['--reporter=junit', '--json'], 'Only one reporter'],
])('chaos %s is wrong usage', async (args, why) => {
  const { code, stderr } = await nodropInProcess(['chaos', ...args]);
  expect(code).toBe(64);
  expect(stderr).toContain(why);
});
