/** Days of chaos from end to end: what a user is told, and what is left. Each starts a Kafka of its own. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, inject, test, vi } from 'vitest';
import type { CoverageTable } from '../../src/chaos/coverage.ts';
import { parsePostgresLocation } from '../../src/stores/postgres/location.ts';
import { openSession } from '../../src/stores/postgres/session.ts';
import { readJunit } from '../report/ci/junit-document.ts';
import { newDir, nodrop, start, until, type Ended } from '../fixtures/nodrop.ts';

afterEach(() => vi.unstubAllEnvs());

interface Document {
  runs: { verdict: string; exitCode: number; evidence: string | null; findings: { kind: string }[] }[];
  coverage: CoverageTable;
}

const plan = {
  schema: 1,
  seed: 7,
  index: 0,
  brokers: 1,
  options: ['--rate=200', '--duration=4s', '--partitions=2', '--batch-size=1'],
  faults: ['pause-producer@500ms+500ms', 'pause-consumer@2s+1s'],
};

async function replay(
  sabotage?: string,
  args: readonly string[] = [],
): Promise<Ended & { dir: string; document: Document }> {
  const dir = newDir();
  const file = join(dir, 'chaos.json');
  writeFileSync(file, JSON.stringify(plan));
  const ended = await nodrop(['chaos', '--replay', file, `--dir=${dir}`, '--json', ...args], {
    NODROP_SABOTAGE: sabotage,
  });
  expect(ended.stdout, ended.stderr).not.toBe('');
  return { ...ended, dir, document: JSON.parse(ended.stdout) as Document };
}

test('a day that is survived passes, is covered by phase, and leaves nothing', async () => {
  // The plan says how many brokers there are.
  const { code, dir, document } = await replay(undefined, ['--brokers=3']);
  expect(document.runs).toMatchObject([{ verdict: 'pass', exitCode: 0, evidence: null, findings: [] }]);
  expect(code).toBe(0);
  // How long a fault lasts beyond its time, the machine says.
  expect(document.coverage['pause-producer']).toMatchObject({ beginning: 1 });
  expect(document.coverage['pause-consumer']).toMatchObject({ sending: 1 });
  expect(document.coverage['kill-leader']).toEqual({ beginning: 0, sending: 0, draining: 0 });
  expect(document.coverage).not.toHaveProperty('kill-majority');
  expect(readdirSync(join(dir, 'runs'))).toEqual([]);
});

/** Two runs, one after the other. */
const twoRunsMs = 180_000;

test(
  'a day that is not leaves all that it takes to see why, and is shrunk',
  { timeout: twoRunsMs },
  async () => {
    const { code, stderr, dir, document } = await replay('drop-before-store:17');
    expect(code).toBe(1);
    expect(document.runs).toMatchObject([{ verdict: 'fail', exitCode: 1, findings: [{ kind: 'lost' }] }]);
    const folder = document.runs[0]!.evidence!;
    expect(readdirSync(join(dir, 'runs'))).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(folder, 'chaos.json'), 'utf8'))).toEqual(plan);
    for (const name of ['faults.json', 'result.json', 'report.html', 'findings.jsonl'])
      expect(existsSync(join(folder, name)), name).toBe(true);
    const timelines = JSON.parse(readFileSync(join(folder, 'timelines.json'), 'utf8')) as object;
    expect(timelines).toMatchObject({ 'p0-17': { id: 'p0-17', findings: [{ kind: 'lost' }] } });
    // It has nothing to do with the faults: one is left, since none is no day of chaos.
    const least = JSON.parse(readFileSync(join(folder, 'chaos-shrunk.json'), 'utf8')) as typeof plan;
    expect(least.faults).toEqual(['pause-producer@500ms+500ms']);
    expect(stderr).toContain(`nodrop chaos --replay ${join(folder, 'chaos-shrunk.json')}`);
  },
);

test('Ctrl-C ends the day that is under way, and what was done before is told', async () => {
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

test('one day there is, however short the time', async () => {
  const { child, ended } = start(['chaos', '--for=1ms', '--seed=7', `--dir=${newDir()}`]);
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('the first has begun', () => said.includes('run 1: '));
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
});

test('in a database each day has a schema, and one that passed leaves none', async () => {
  const { location, password } = inject('postgres');
  vi.stubEnv('PGPASSWORD', password);
  const { code, document } = await replay(undefined, [`--store=${location}`]);
  expect(document.runs).toMatchObject([{ verdict: 'pass' }]);
  expect(code).toBe(0);
  const session = await openSession(parsePostgresLocation(location), 'test');
  const left = await session.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'chaos_7_0_%'");
  await session.close();
  expect(left).toEqual([]);
});

test('reports go where they are wanted, with a case for each day', async () => {
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
  // On stdout a day is told when it is over, and once; in a file all is told.
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
  const { code, stderr } = await nodrop(['chaos', ...args]);
  expect(code).toBe(64);
  expect(stderr).toContain(why);
});
