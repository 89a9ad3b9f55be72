/** `nodrop explain` on real runs: good messages, and messages that a planted defect or a crash has harmed. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, inject, test } from 'vitest';
import type { Timeline } from '../../src/explain/timeline.ts';
import { explain, linesOf, only } from '../fixtures/explained.ts';
import { copyOf, madeRun, type MadeRun } from '../fixtures/made-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';

const bootstrapServers = inject('bootstrapServers');

const hops = ({ timeline }: Timeline): string[] => timeline.map(({ hop }) => hop);

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
