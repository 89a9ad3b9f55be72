/** Checks among the runs of the live page. */
import { expect, test } from 'vitest';
import { runSource } from '../../src/page/folder-run-source.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { beginCheck, checkedFolder, orders } from '../fixtures/checked-folder.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';

const dir = newDir();

test('a check that ended is in the list, with its verdict, and has its page and its timelines', async () => {
  checkedFolder(dir, 'shop', { records: orders(10), looks: [orders(9)] });
  await nodropInProcess(['verify', 'shop', '--dir', dir]);
  const source = runSource(dir);
  const [row] = await source.list();
  expect(row).toMatchObject({ id: 'shop', verdict: 'fail', messages: 10, isUnderWay: false });
  const data = await source.watch('shop')!.ended();
  expect(data).toMatchObject({ result: { root: 'log' }, setup: null, deadLetters: null, findingsInAll: 1 });
  expect(data!.createdAt).toBeGreaterThan(Date.now() - 600_000);
  expect(Object.keys(data!.timelines)).toEqual(['order-9']);
  expect(await source.explain('shop', 'order-9')).toMatchObject({ findings: [{ kind: 'lost' }] });
  await expect(source.explain('shop', 'order-99')).rejects.toThrow('Check shop knows no order-99');
});

test('a check that has not ended is known as a check, and nothing is said of its messages', async () => {
  beginCheck(new RunFolder(dir, 'begun'));
  const watch = runSource(dir).watch('begun')!;
  watch.look();
  expect(watch.progress()).toMatchObject({ check: { topics: ['orders'] }, topic: 'orders' });
  expect(await watch.ended()).toBeUndefined();
  expect(watch.series(Date.now())).toBeNull();
});
