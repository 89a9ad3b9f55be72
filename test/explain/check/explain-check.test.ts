/** `nodrop explain` on a check: ids as the user's application writes them, and what is known of each. */
import { beforeAll, describe, expect, test } from 'vitest';
import { factFlags } from '../../../src/check/facts/fact-format.ts';
import type { Timeline } from '../../../src/explain/timeline.ts';
import type { MadeRecord, MadeRow } from '../../check/made-check.ts';
import { checkedFolder, orders } from '../../fixtures/checked-folder.ts';
import { newDir } from '../../fixtures/nodrop.ts';
import { nodropInProcess } from '../../fixtures/nodrop-in-process.ts';

const dir = newDir();
const made = (id: string, category: string, value: string): MadeRow => ({ id, category, value });

const records: MadeRecord[] = [
  ...orders(20),
  { id: null, category: 'paid', value: '1', partition: 0, flags: factFlags.dropped },
  { ...made('twice', 'paid', '1'), partition: 0 },
  { ...made('twice', 'paid', '1'), partition: 1 },
  { ...made('aborted', 'paid', '1'), partition: 0, flags: factFlags.aborted },
  { ...made('dropped', 'paid', '1'), partition: 0, flags: factFlags.dropped },
];
const later: MadeRecord[] = [{ ...made('later', 'paid', '1'), partition: 0 }];
const absent = ['order-3', 'order-5', 'order-18'];
const first = [
  ...orders(20).filter(({ id }) => !absent.includes(id!)),
  made('twice', 'paid', '1'),
  made('nowhere', 'paid', '1'),
];
const second = first.map((row) => {
  if (row.id === 'order-2') return { ...row, category: 'open' };
  return row.id === 'order-4' ? { ...row, value: '999' } : row;
});

beforeAll(() => {
  checkedFolder(
    dir,
    'shop',
    { records, later, looks: [first, [...second, made('order-5', 'open', '5')]] },
    (record) => {
      // The group has not come to the last orders of partition 0.
      record.topics[0]!.partitions[0]!.committed = 7;
      record.topics[0]!.partitions[1]!.committed = 11;
      record.plan.group = 'shop-worker';
    },
  );
});

const explain = (...args: string[]): ReturnType<typeof nodropInProcess> =>
  nodropInProcess(['explain', 'shop', ...args, '--dir', dir]);

async function timelineOf(asked: string): Promise<Timeline> {
  const { stdout, stderr } = await explain(asked, '--json');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Timeline;
}

const kinds = ({ findings }: Timeline): string[] => findings.map(({ kind }) => kind);

describe('each record and each row is shown', () => {
  test('one that is right: its record, a row in each look, and the commands that show both', async () => {
    const timeline = await timelineOf('order-6');
    expect(timeline.timeline).toMatchObject([
      { hop: 'record', topic: 'orders', partition: 0, offset: 3, category: 'paid' },
      { hop: 'commit', partition: 0, offset: 3, next: 7, isPast: true },
      { hop: 'sink-row', look: 1, category: 'paid', differs: [] },
      { hop: 'sink-row', look: 2, category: 'paid', differs: [] },
    ]);
    expect(timeline).toMatchObject({
      id: 'order-6',
      asExpected: true,
      findings: [],
      check: { isRight: true },
    });
    expect(timeline.kcat).toContain('kcat -C -b localhost:9092 -t orders -p 0 -o 3');
    expect(timeline.check?.sql).toEqual([`SELECT * FROM orders WHERE "id" = 'order-6';`]);
  });

  test('a place leads to the same record as its id', async () => {
    const byId = await timelineOf('order-6');
    for (const place of ['0:3', 'orders/0:3']) {
      // Without a result, the audit is of now.
      expect({ ...(await timelineOf(place)), asked: 'order-6', audit: byId.audit }).toEqual(byId);
    }
  });

  test.for([
    ['order-3', ['lost'], 'look 2: no row of it'],
    ['order-2', ['misclassified'], 'look 2: a row; category open instead of paid'],
    ['order-4', ['corrupted'], 'look 2: a row, paid; json:value=column:value'],
    ['nowhere', ['phantom'], 'no record of it in the range'],
    ['twice', ['duplicated'], 'orders 1:10, paid'],
  ] as const)('%s is %s, in words', async ([id, found, line]) => {
    expect(kinds(await timelineOf(id))).toEqual(found);
    const { code, stdout } = await explain(id);
    expect(stdout).toContain(line);
    expect(stdout).toContain(`${found[0]}, blame: `);
    expect(code).toBe(0);
  });

  test.for([
    ['order-5', 'Nothing is wrong with it.'],
    ['aborted', 'aborted with its transaction'],
    ['dropped', 'No row was expected: a declared drop'],
    ['later', 'came to the topic after the range'],
    ['0:10', 'The record has no id at json:id.'],
    ['order-18', 'not drained'],
  ])('%s has no finding, and the text says why', async ([asked, sentence]) => {
    expect(kinds(await timelineOf(asked!))).toEqual([]);
    const { stdout } = await explain(asked!);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(sentence);
  });

  test('what was not judged is not called right', async () => {
    for (const asked of ['later', '0:10', 'order-18']) {
      expect(await timelineOf(asked)).toMatchObject({ asExpected: false, check: { isRight: false } });
      expect((await explain(asked)).stdout).not.toContain('Nothing is wrong');
    }
  });

  test('no line is wider than 80 columns, but for commands', async () => {
    const { stdout } = await explain('order-2');
    const lines = stdout.split('\n').filter((line) => !line.includes('kcat'));
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });
});

test.for(['order-99', '0:999', '7:0', 'other/0:3'])(
  '%s, which neither side has, is refused',
  async (asked) => {
    const { code, stderr } = await explain(asked);
    expect(stderr).toContain(
      `Check shop knows no ${asked}: neither orders nor postgres://localhost/orders had it.`,
    );
    expect(code).toBe(64);
  },
);

test('ids are found in their normal form', async () => {
  const ids = ['1.50', '7'].map((id) => ({ ...made(id, 'paid', '1'), partition: 0 }));
  // The facts of this check have hashes of texts, and these texts are in the normal form already.
  checkedFolder(dir, 'numbers', { records: [ids[1]!], looks: [[ids[1]!]] }, (record) => {
    record.idForm = 'number';
  });
  const { stdout } = await nodropInProcess(['explain', 'numbers', '7.0', '--dir', dir, '--json']);
  expect((JSON.parse(stdout) as Timeline).id).toBe('7');
});
