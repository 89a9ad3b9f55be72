/** Whole chaos runs: the files that are left after a pass and after a failure, and the schemas in a database. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { parsePostgresLocation } from '../../src/stores/postgres/location.ts';
import { openSession } from '../../src/stores/postgres/session.ts';
import { chaosPlan as plan, replay } from '../fixtures/chaos-replay.ts';
import { newDir, start, until } from '../fixtures/nodrop.ts';

afterEach(() => vi.unstubAllEnvs());

test('a chaos run that passes counts its faults by phase, and leaves no run folder', async () => {
  // `--brokers` has no effect here: the plan sets the number of brokers.
  const { code, dir, document } = await replay(undefined, ['--brokers=3']);
  expect(document.runs).toMatchObject([{ verdict: 'pass', exitCode: 0, evidence: null, findings: [] }]);
  expect(code).toBe(0);
  // Only the phase in which a fault begins is certain: how long it lasts depends on the machine.
  expect(document.coverage['pause-producer']).toMatchObject({ beginning: 1 });
  expect(document.coverage['pause-consumer']).toMatchObject({ sending: 1 });
  expect(document.coverage['kill-leader']).toEqual({ beginning: 0, sending: 0, draining: 0 });
  expect(document.coverage).not.toHaveProperty('kill-majority');
  expect(readdirSync(join(dir, 'runs'))).toEqual([]);
});

/** Time limit for two runs, one after the other. */
const twoRunsMs = 180_000;

test(
  'a chaos run that fails keeps its evidence and timelines, and its schedule is shrunk',
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
    // The failure does not depend on the faults. One fault is left, since a chaos run needs at least one.
    const least = JSON.parse(readFileSync(join(folder, 'chaos-shrunk.json'), 'utf8')) as typeof plan;
    expect(least.faults).toEqual(['pause-producer@500ms+500ms']);
    expect(stderr).toContain(`nodrop chaos --replay ${join(folder, 'chaos-shrunk.json')}`);
  },
);

test('chaos starts at least one run, however short --for is', async () => {
  const { child, ended } = start(['chaos', '--for=1ms', '--seed=7', `--dir=${newDir()}`]);
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('the first has begun', () => said.includes('run 1: '));
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
});

test('a chaos run on a database removes its schema after a pass', async () => {
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
