/** Applications on client libraries that are not nodrop's own, under check. `test/full/` has all their bugs and bad days. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { kafkajsConsumer, kafkajsFolder } from '../fixtures/applications/kafkajs-consumer.ts';
import {
  findingsOf,
  OrdersUnderCheck,
  plantedAt,
  type OrdersConsumer,
} from '../fixtures/applications/orders-under-check.ts';
import {
  pythonConsumer,
  pythonInterpreter,
  pythonMissing,
} from '../fixtures/applications/python-consumer.ts';

beforeAll(async () => {
  if (pythonMissing === undefined) await pythonInterpreter();
});

test('a consumer on kafkajs that skips two events fails: both are lost, by it', async () => {
  expect(await outcomeOfSkipping(kafkajsConsumer)).toEqual(twoLost);
});

test.skipIf(pythonMissing !== undefined)(
  'a consumer in Python that skips two events fails: both are lost, by it',
  async () => {
    expect(await outcomeOfSkipping(pythonConsumer)).toEqual(twoLost);
  },
);

const twoLost = { code: 1, findings: [`lost consumer 2: ${plantedAt.join(' ')}`], right: 298 };

async function outcomeOfSkipping(consumer: OrdersConsumer): Promise<typeof twoLost> {
  const orders = await OrdersUnderCheck.create(consumer);
  await orders.consume({ PLANTED_BUG: 'skip' });
  const check = await orders.check();
  return { code: check.code!, findings: findingsOf(check), right: check.result.acknowledged.right };
}

test('the kafkajs of the example is the one that is tested', () => {
  const versionIn = (folder: string, part: string): unknown =>
    (
      JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, Record<string, string>>
    )[part]!['kafkajs'];
  const root = join(import.meta.dirname, '../..');
  expect(versionIn(kafkajsFolder, 'dependencies')).toBe(versionIn(root, 'devDependencies'));
});
