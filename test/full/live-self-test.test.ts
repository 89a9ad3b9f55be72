/** The live self-test: what it leaves in a database, how it reports a missed defect, and how Ctrl-C ends it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { liveDefects } from '../../src/self-test/live/live-defects.ts';
import { commandWith, detect, dropped, runsIn, vanished } from '../fixtures/detect.ts';
import { newDir, start, until } from '../fixtures/nodrop.ts';

afterEach(() => vi.unstubAllEnvs());

/** Each pipeline starts several processes, one after the other. */
const timeoutMs = 180_000;
const isCaught = { planted: true, found: true, blamedRightly: true, twinSilent: true, evidence: [] };

test(
  'the live self-test catches defects in a database, and leaves no schema in it',
  async () => {
    const { location, password } = inject('postgres');
    vi.stubEnv('PGPASSWORD', password);
    const rows = liveDefects.filter(
      ({ name, planting }) => name.startsWith('a row ') && 'afterConsuming' in planting,
    );
    expect(rows).toHaveLength(5);
    const detections = await detect(newDir(), rows, location);
    expect(detections).toMatchObject(rows.map(() => isCaught));
    const client = new Client({ connectionString: location, password });
    await client.connect();
    try {
      const { rows: schemas } = await client.query(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'self_test_7_%'",
      );
      expect(schemas).toEqual([]);
    } finally {
      await client.end();
    }
  },
  timeoutMs,
);

test(
  'a defect that is missed, wrongly blamed, not planted or found in the twin is reported, and its run folder kept',
  async () => {
    const dir = newDir();
    const nothing = async (): Promise<boolean> => await Promise.resolve(true);
    const { scenario } = vanished;
    const detections = await detect(dir, [
      { ...vanished, expected: { kind: 'lost', blame: 'consumer' } },
      { ...vanished, planting: { afterConsuming: nothing } },
      {
        ...vanished,
        planting: { afterConsuming: async (pipeline) => !(await nothing()) && pipeline.said === '' },
      },
      { ...vanished, planting: { afterConsuming: () => Promise.reject(new Error('no such table')) } },
      { ...vanished, twin: { scenario, planting: vanished.planting } },
    ]);
    expect(detections).toMatchObject([
      { planted: true, found: true, blamedRightly: false, twinSilent: true },
      { planted: true, found: false, blamedRightly: false, verdict: 'pass' },
      { planted: false, found: false, blamedRightly: false },
      { planted: false, found: false, blamedRightly: false, problem: 'no such table' },
      { planted: true, found: true, blamedRightly: true, twinSilent: false },
    ]);
    const kept = detections.map(({ evidence }) => evidence);
    expect(kept.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1]);
    expect(kept.flat().map((path) => existsSync(join(path, 'run.json')))).toEqual(kept.map(() => true));
    expect(runsIn(dir)).toHaveLength(5);
  },
  timeoutMs,
);

test('Ctrl-C during a self-test ends all its processes, and leaves no run folder', async () => {
  const dir = newDir();
  const { child, ended } = start(['self-test', `--dir=${dir}`]);
  await until('a pipeline is at work', () => runsIn(dir).length > 0);
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(130);
  expect(runsIn(dir)).toEqual([]);
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'args=']);
  expect(stdout.split('\n').filter((line) => line.includes(dir))).toEqual([]);
});

test(
  'the self-test ignores NODROP_ variables of the user, and a caught defect leaves no run folder',
  async () => {
    const dir = newDir();
    vi.stubEnv('NODROP_SABOTAGE', 'misroute:17');
    vi.stubEnv('NODROP_RATE', '1');
    const detections = await detect(dir, [dropped, vanished]);
    expect(detections).toMatchObject([
      { ...isCaught, findings: [{ kind: 'lost', blame: 'consumer', count: 1 }] },
      { ...isCaught, findings: [{ kind: 'lost', blame: 'store', count: 1 }] },
    ]);
    expect(runsIn(dir)).toEqual([]);
  },
  timeoutMs,
);

test(
  'the exit code is 0 if all defects were caught, and the JSON document tells each',
  async () => {
    const { code, lines, dir } = await commandWith(vanished, true);
    expect(code).toBe(0);
    expect(runsIn(dir)).toEqual([]);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      schema: 1,
      live: true,
      seed: 7,
      planted: 1,
      caught: 1,
      detections: [
        { defect: vanished.name, hop: 'store', found: true, blamedRightly: true, twinSilent: true },
      ],
    });
  },
  timeoutMs,
);
