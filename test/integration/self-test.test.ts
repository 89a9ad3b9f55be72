/** The live self-test: that it tells what was caught from what was not, and what it leaves. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { liveSelfTestCommand } from '../../src/cli/commands/live-self-test-command.ts';
import { Terminal } from '../../src/cli/output/terminal.ts';
import { detectAll, type LiveDetection } from '../../src/self-test/live/live-self-test.ts';
import type { LiveDefect } from '../../src/self-test/live/live-defect.ts';
import { liveDefects } from '../../src/self-test/live/live-defects.ts';
import { newDir, nodrop, start, until } from '../fixtures/nodrop.ts';

afterEach(() => vi.unstubAllEnvs());

/** Each pipeline has several processes, one after the other. */
const timeoutMs = 180_000;
const { signal } = new AbortController();
const named = (name: string): LiveDefect => liveDefects.find((defect) => defect.name === name)!;
const vanished = named('a row that vanished after it was written');
const dropped = named('delivered, then dropped before the store');
const runsIn = (dir: string): string[] =>
  existsSync(join(dir, 'runs')) ? readdirSync(join(dir, 'runs')).sort() : [];

/** On the Kafka of all tests. */
const detect = async (
  dir: string,
  defects: readonly LiveDefect[],
  store?: string,
): Promise<LiveDetection[]> =>
  await detectAll(
    { bootstrapServers: inject('bootstrapServers'), brokers: [], dir, store, seed: 7, signal },
    { status: () => undefined, note: () => undefined, detected: () => undefined },
    defects,
  );

const isCaught = { planted: true, found: true, blamedRightly: true, twinSilent: true, evidence: [] };

test(
  'what is caught leaves nothing, whatever somebody has set for runs of his own',
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
  'a database is left as it was',
  async () => {
    const { location, password } = inject('postgres');
    vi.stubEnv('PGPASSWORD', password);
    const rows = liveDefects.filter(({ hop, name }) => hop === 'store' && name.startsWith('a row '));
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
  'what is not found, wrongly blamed, not planted, or found in the twin is told, and its evidence kept',
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

class Listening extends Terminal {
  readonly lines: string[] = [];
  override print(line: string): void {
    this.lines.push(line);
  }
  override printDocument(text: string): void {
    this.lines.push(text);
  }
}

async function commandWith(defect: LiveDefect, json = false): Promise<{ code: number; lines: string[] }> {
  const terminal = new Listening({ color: false, quiet: true });
  const values = { dir: newDir(), seed: 7, timeout: 60_000, json } as Parameters<
    typeof liveSelfTestCommand
  >[0];
  const code = await liveSelfTestCommand(values, { signal, terminal }, async ({ dir }, observer) => {
    const [detection] = await detect(dir, [defect]);
    observer.detected(detection!);
    return [detection!];
  });
  return { code, lines: terminal.lines };
}

test(
  'the exit code is 0 only where all was caught; a person is shown why it was not, and where to look',
  async () => {
    const { code, lines } = await commandWith(vanished, true);
    expect(code).toBe(0);
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
    const missed = await commandWith({ ...vanished, expected: { kind: 'phantom', blame: 'store' } });
    expect(missed.code).toBe(1);
    const text = missed.lines.join('\n');
    expect(text).toMatch(/^a row that vanished after it was written +store +NO +NO +yes$/m);
    expect(text).toContain('  wanted: phantom (store); got: 1 lost (store)');
    expect(text).toMatch(/^ +(Evidence: )?\S*runs\/self-test-7-0-\w{4}$/m);
    expect(text).toMatch(/^phantom( +·){4} +0\/1 +·$/m);
    expect(missed.lines.at(-1)).toBe('The same again: nodrop self-test --seed 7');
  },
  timeoutMs,
);

test('a store that all would share is refused', async () => {
  const { code, stderr } = await nodrop(['self-test', '--store=sqlite:all.db']);
  expect(code).toBe(64);
  expect(stderr).toContain('a store of its own');
});

test('Ctrl-C ends its Kafka and its children, and leaves nothing', async () => {
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
