/** `nodrop explain` on real runs: good messages, and messages that a planted defect or a crash has harmed. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, inject, test } from 'vitest';
import type { Timeline, TimelineEvent } from '../../src/explain/timeline.ts';
import { copyOf, madeRun, type MadeRun } from '../fixtures/made-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, startUpTo } from '../fixtures/nodrop.ts';

const bootstrapServers = inject('bootstrapServers');
const at = `--bootstrap-server=${bootstrapServers}`;

interface Run {
  dir: string;
  run: string;
}

async function explain({ dir, run }: Run, asked: string): Promise<Timeline> {
  const { code, stdout, stderr } = await nodropInProcess(['explain', run, asked, '--json', `--dir=${dir}`]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Timeline;
}

async function linesOf({ dir, run }: Run, asked: string): Promise<string[]> {
  const { code, stdout, stderr } = await nodropInProcess(['explain', run, asked, `--dir=${dir}`]);
  expect(code, stderr).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  // Long commands are broken between words.
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
  return lines;
}

const hops = ({ timeline }: Timeline): string[] => timeline.map(({ hop }) => hop);

const only = (timeline: Timeline, hop: TimelineEvent['hop']): TimelineEvent[] =>
  timeline.timeline.filter((event) => event.hop === hop);

const found = ({ findings }: Timeline): string[] => findings.map(({ kind, blame }) => `${kind} ${blame}`);

const healthy = ['intent', 'outcome', 'log', 'delivery', 'written', 'position', 'commit', 'row'];

let passed: MadeRun;
beforeAll(async () => {
  passed = await madeRun();
});

test('the timeline of a good message goes from the intent to the row, with a time for each event', async () => {
  const before = Date.now();
  const timeline = await explain(passed, 'p0-17');
  expect(hops(timeline)).toEqual(healthy);
  expect(timeline).toMatchObject({
    run: passed.run,
    id: 'p0-17',
    asked: 'p0-17',
    expected: { state: 'completed', payloadBytes: 200, producer: 'p0', sequence: 17 },
    asExpected: true,
    findings: [],
    audit: { verdict: 'pass' },
    dumpLog: null,
  });
  const [, acked] = timeline.timeline as { partition: number; offset: number }[];
  const { partition, offset } = acked!;
  expect(timeline.timeline).toMatchObject([
    { hop: 'intent', producer: 'p0', session: 0 },
    { hop: 'outcome', outcome: 'acked', partition, offset, error: null },
    { hop: 'log', partition, offset, copy: 1, isAborted: false, isCrcBad: false, differs: [] },
    { hop: 'delivery', partition, offset, consumer: 1, count: 1 },
    { hop: 'written', partition, offset, consumer: 1, category: 'completed' },
    { hop: 'position', partition, offset, isPast: true },
    { hop: 'commit', partition, offset, isPast: true },
    { hop: 'row', partition, offset, category: 'completed', differs: [] },
  ]);
  for (const { hop, time } of timeline.timeline) {
    if (hop === 'position' || hop === 'commit') continue;
    expect(time, hop).toBeGreaterThan(before - 600_000);
    expect(time, hop).toBeLessThanOrEqual(Date.now());
  }
  const place = `-p ${partition} -o ${offset} -c 1 -e`;
  expect(timeline.kcat).toContain(`kcat -C -b ${bootstrapServers} -t nodrop-${passed.run} ${place} -f '`);
  // Partition and offset name the message just as well, and the latest run needs no name.
  expect(await explain(passed, `${partition}:${offset}`)).toEqual({
    ...timeline,
    asked: `${partition}:${offset}`,
  });
  const latest = await nodropInProcess(['explain', 'p0-17', '--json', `--dir=${passed.dir}`]);
  expect(JSON.parse(latest.stdout)).toEqual(timeline);
});

test('the text output has a line for each event, and a kcat command that a shell accepts over several lines', async () => {
  const lines = await linesOf(passed, 'p0-17');
  expect(lines[0]).toBe(`  p0-17 of run ${passed.run}, topic nodrop-${passed.run}`);
  expect(lines.join('\n')).toMatch(/^ {2}\d\d:\d\d:\d\d\.\d{3} {2}acked {8}at \d:\d+$/m);
  expect(lines.join('\n')).toMatch(/kcat -C -b \S+ -t \S+ -p \d -o \d+ -c 1 -e \\\n {6}-f '/);
  expect(lines).toContain('  Nothing is wrong with it.');
});

test.each<[sabotage: string, finding: string[], rows: object[]]>([
  ['drop-before-store', ['lost consumer'], [{ nothing: 'no row of it' }]],
  ['misroute', ['misclassified consumer'], [{ differs: ['its category should be completed'] }]],
  [
    'flip-byte',
    ['corrupted consumer'],
    [{ differs: [expect.stringMatching(/^its payload differs from byte \d+ on$/)] }],
  ],
  [
    'double',
    ['duplicated consumer', 'misclassified consumer'],
    [{ category: 'completed', differs: [] }, { differs: ['its category should be completed'] }],
  ],
])(
  'sabotage %s shows in the row of the message, and the audit blames the right stage',
  async (kind, findings, rows) => {
    const run = await madeRun(kind);
    const timeline = await explain(run, 'p0-17');
    expect(found(timeline)).toEqual(findings);
    expect(only(timeline, 'row')).toHaveLength(rows.length);
    expect(only(timeline, 'row')).toEqual(
      expect.arrayContaining(rows.map((row) => expect.objectContaining(row))),
    );
    expect(timeline).toMatchObject({ asExpected: false, audit: { verdict: 'fail' } });
    expect(hops(timeline).slice(0, 3)).toEqual(['intent', 'outcome', 'log']);
    expect(run.ended.stdout.split('\n')).toContain(
      `  Look closer: nodrop explain --dir ${run.dir} ${run.run} p0-17`,
    );
    const neighbour = await explain(run, 'p0-16');
    expect(neighbour).toMatchObject({ asExpected: true, findings: [] });
  },
);

test('for an ack without a record, the timeline shows the ack and says that the log has no record of it', async () => {
  const run = await madeRun('claim-ack');
  const timeline = await explain(run, 'p0-17');
  expect(found(timeline)).toEqual(['lost broker']);
  expect(only(timeline, 'outcome')).toMatchObject([{ outcome: 'acked', partition: null }]);
  expect(only(timeline, 'log')).toMatchObject([{ nothing: 'no record of it' }]);
});

test('a phantom row is explained, although its message is not in the plan', async () => {
  const run = await madeRun('invent');
  const timeline = await explain(run, 'p0-1000017');
  expect(timeline).toMatchObject({ expected: null, asExpected: false });
  expect(found(timeline)).toEqual(['phantom consumer']);
  expect(only(timeline, 'intent')).toMatchObject([{ nothing: expect.stringContaining('never sent') }]);
  expect(only(timeline, 'row')).toEqual(
    expect.arrayContaining([expect.objectContaining({ id: 'p0-1000017', differs: null })]),
  );
  expect((await linesOf(run, 'p0-1000017'))[1]).toBe('  The run did not plan it.');
});

test('the timeline of a message that was delivered twice shows both deliveries, each with its consumer', async () => {
  const [dir, run] = [newDir(), `e${randomUUID().slice(0, 8)}`];
  const options = [`--run=${run}`, `--dir=${dir}`, at];
  const produced = await nodrop(['produce', '--messages=60', '--partitions=1', ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  const soonMissed = ['-X', 'session.timeout.ms=2000', '-X', 'heartbeat.interval.ms=300'];
  const victim = startUpTo('before-store-commit', 1, [
    'consume',
    '--until-drained',
    ...soonMissed,
    ...options,
  ]);
  await victim.reached;
  victim.child.kill('SIGKILL');
  await victim.ended;
  const again = await nodrop(['consume', '--until-drained', ...options]);
  expect(again.code, again.stderr).toBe(0);
  // The run has no audit yet: explain audits it without a scan, and writes no result.
  const unscanned = await explain({ dir, run }, 'p0-3');
  expect(only(unscanned, 'log')).toEqual([
    { hop: 'log', time: null, missing: 'the topic was not scanned to its end' },
  ]);
  expect(unscanned).toMatchObject({ findings: [], audit: { verdict: 'inconclusive' } });
  await nodropInProcess(['verify', run, `--dir=${dir}`]);
  const timeline = await explain({ dir, run }, 'p0-3');
  expect(only(timeline, 'delivery')).toMatchObject([
    { consumer: 1, count: 1 },
    { consumer: 2, count: 2 },
  ]);
  expect(only(timeline, 'written')).toMatchObject([{ consumer: 2 }]);
  expect(timeline).toMatchObject({ asExpected: true, findings: [] });
});

test('a dead letter is found by its partition and offset, and explained with its reason', async () => {
  const [dir, run] = [newDir(), `e${randomUUID().slice(0, 8)}`];
  const poisoned = ['--rate=400', '--messages=1200', '--fault=poison@1s', '--keep-topic'];
  const { code, stderr } = await nodrop(['run', `--run=${run}`, `--dir=${dir}`, ...poisoned, at]);
  expect(code, stderr).toBe(0);
  const { stdout } = await nodropInProcess(['messages', run, '--dead-letters', '--json', `--dir=${dir}`]);
  const letter = JSON.parse(stdout.split('\n')[0]!) as { partition: number; offset: number; reason: string };
  const place = `${letter.partition}:${letter.offset}`;
  const timeline = await explain({ dir, run }, place);
  expect(timeline).toMatchObject({ id: place, expected: null, findings: [], asExpected: true });
  expect(only(timeline, 'log')).toMatchObject([{ id: null, differs: null }]);
  expect(only(timeline, 'written')).toMatchObject([{ category: 'dead-letters' }]);
  expect(only(timeline, 'dead-letter')).toMatchObject([{ reason: letter.reason }]);
  expect(await linesOf({ dir, run }, place)).toContain('  The run has no known message at this position.');
});

test('an id that no evidence knows is wrong usage, and the error shows the form of ids', async () => {
  for (const asked of ['p0-200', 'nonsense', '0:99999']) {
    const { code, stdout, stderr } = await nodropInProcess([
      'explain',
      passed.run,
      asked,
      `--dir=${passed.dir}`,
    ]);
    expect([asked, code, stdout]).toEqual([asked, 64, '']);
    expect(stderr).toContain('Ids look like p0-17');
    expect(stderr).toContain('p0-0 to p0-199');
    expect(stderr).toContain('such as 0:42');
  }
  const unnamed = await nodropInProcess(['explain', `--dir=${passed.dir}`]);
  expect([unnamed.code, unnamed.stdout]).toEqual([64, '']);
  const unknown = await nodropInProcess(['explain', 'no-such-run', 'p0-1', `--dir=${passed.dir}`]);
  expect([unknown.code, unknown.stdout]).toEqual([64, '']);
});

test('if the ledger is missing, the timeline says so and shows the other hops', async () => {
  const run = copyOf(passed);
  rmSync(join(run.folder, 'ledger-p0-0.bin'));
  const timeline = await explain(run, 'p0-17');
  expect(timeline.timeline[0]).toEqual({ hop: 'intent', time: null, missing: 'there is no ledger of p0' });
  expect(hops(timeline)).toEqual(['intent', ...healthy.slice(2)]);
  expect((await linesOf(run, 'p0-17')).join('\n')).toContain('not known: there is no ledger of p0');
});

test('if a row has vanished since the audit, explain audits again and finds the message lost', async () => {
  const run = copyOf(passed);
  const database = new DatabaseSync(join(run.folder, 'store.sqlite'));
  database.exec("DELETE FROM completed WHERE id = 'p0-17'");
  database.close();
  const timeline = await explain(run, 'p0-17');
  expect(found(timeline)).toEqual(['lost store']);
  expect(timeline.audit?.verdict).toBe('fail');
});
