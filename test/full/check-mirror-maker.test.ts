/** MirrorMaker 2 under check: transforms that lose records on their way, and a restart that has lost its offsets. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { checked, found, idsOf, readmeCheck } from '../fixtures/applications/checked.ts';
import type { JavaApplication } from '../fixtures/applications/java-application.ts';
import {
  newMirror,
  ownTopics,
  removeMirror,
  startMirror,
  type Mirror,
} from '../fixtures/applications/mirror-maker.ts';
import { createOrdersTopic } from '../fixtures/applications/orders.ts';
import {
  partitions,
  orders,
  recordOf,
  writeOrders,
  type OrderRecord,
} from '../fixtures/applications/shop-orders.ts';
import { deleteTopics, endsOf, topicsOf } from '../fixtures/applications/whole-topic.ts';
import { deleteRecordsBelow } from '../../src/kafka/client/topics.ts';
import type { Result } from '../../src/result/result.ts';

const bootstrapServers = inject('bootstrapServers');
/** An identity that repeats in more than one of a hundred messages is refused. */
const count = 300;

let mirror: Mirror;

beforeEach(() => {
  const id = randomUUID().slice(0, 8);
  mirror = newMirror(bootstrapServers, `orders-${id}`, id);
});

afterEach(() => removeMirror(mirror));

const write = (records: readonly OrderRecord[], first = 0): Promise<void> =>
  writeOrders(bootstrapServers, mirror.topic, records, first);

const records = (): OrderRecord[] => orders(count).map(recordOf);

/** Adds a header to the records with these indexes. */
const withHeader = (all: readonly OrderRecord[], name: string, indexes: readonly number[]): OrderRecord[] =>
  all.map((record, index) =>
    indexes.includes(index) ? { ...record, headers: { ...record.headers, [name]: '1' } } : record,
  );

async function copies(): Promise<number> {
  const ends = await endsOf(bootstrapServers, mirror.copy);
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

/** Waits until the copy has so many records. */
const untilCopied = (application: JavaApplication, wanted: number): Promise<void> =>
  application.until(`it copies ${wanted} records`, async () => {
    const isThere = (await topicsOf(bootstrapServers)).includes(mirror.copy);
    return isThere && (await copies()) >= wanted;
  });

/** Runs the mirror until it has copied so many records, and stops it. */
async function mirrored(wanted: number, settings: Readonly<Record<string, string>> = {}): Promise<void> {
  await using application = await startMirror(mirror, settings);
  await untilCopied(application, wanted);
  await application.stop();
}

/** A transform for the records that have a header. */
const transform = (header: string, settings: Readonly<Record<string, string>>): Record<string, string> => ({
  transforms: 'broken',
  ...Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`transforms.broken.${name}`, value]),
  ),
  'transforms.broken.predicate': 'marked',
  predicates: 'marked',
  'predicates.marked.type': 'org.apache.kafka.connect.transforms.predicates.HasHeaderKey',
  'predicates.marked.name': header,
});

/** The check of the example's README. */
const check = (...args: string[]): Promise<Result> => {
  const own = { 'localhost:9092': bootstrapServers, 'source.orders': mirror.copy, orders: mirror.topic };
  return checked([...readmeCheck('mirror-maker', own), '--settle=1s', ...args]);
};

test('a mirror that copies each record once passes', async () => {
  await write(records());
  await mirrored(count);
  const result = await check();
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('pass');
  expect(result.store.rows).toBe(count);
});

test('records that a filter of the mirror swallows are lost', async () => {
  await write(withHeader(records(), 'internal', [4, 50, 299]));
  await mirrored(count - 3, transform('internal', { type: 'org.apache.kafka.connect.transforms.Filter' }));
  const result = await check();
  expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: 3 }]);
  expect(idsOf(result, 'lost')).toEqual(['o-4', 'o-50', 'o-299']);
});

test('records whose id a transform of the mirror removes are lost', async () => {
  await write(withHeader(records(), 'internal', [10, 11]));
  await mirrored(
    count,
    transform('internal', {
      type: 'org.apache.kafka.connect.transforms.DropHeaders',
      headers: 'event-id',
    }),
  );
  const result = await check();
  expect(found(result)).toContainEqual({ kind: 'lost', blame: 'consumer', count: 2 });
  expect(idsOf(result, 'lost')).toEqual(['o-10', 'o-11']);
});

test('records that a transform of the mirror routes to another topic are lost', async () => {
  await write(withHeader(records(), 'internal', [0]));
  const other = `${mirror.copy}.internal`;
  await createOrdersTopic(bootstrapServers, other, partitions);
  await mirrored(
    count - 1,
    transform('internal', {
      type: 'org.apache.kafka.connect.transforms.RegexRouter',
      regex: '.*',
      replacement: other,
    }),
  );
  const result = await check();
  await deleteTopics(bootstrapServers, [other]);
  expect(found(result)).toEqual([{ kind: 'lost', blame: 'consumer', count: 1 }]);
  expect(idsOf(result, 'lost')).toEqual(['o-0']);
});

test('a mirror that has lost its offsets copies the records again: an identity that repeats is refused', async () => {
  await write(records());
  await mirrored(count);
  await deleteTopics(bootstrapServers, await ownTopics(mirror));
  await mirrored(2 * count);
  await expect(check()).rejects.toThrow(/check ended with 64/);
  const result = await check('--expect=at-least-once');
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('pass');
  expect(result.counts).toMatchObject({ repeated: count });
});

test('a record that another program copies again is duplicated, and one of its own is a phantom', async () => {
  await write(records());
  await mirrored(count);
  const [again] = records();
  const own = recordOf({ id: 'theirs', status: 'paid', amountCents: 1 });
  await writeOrders(bootstrapServers, mirror.copy, [again!, own]);
  const result = await check();
  expect(found(result)).toEqual([
    { kind: 'duplicated', blame: 'consumer', count: 1 },
    { kind: 'phantom', blame: 'consumer', count: 1 },
  ]);
  expect(idsOf(result, 'duplicated')).toEqual(['o-0']);
  expect(idsOf(result, 'phantom')).toEqual(['theirs']);
});

test('records that come while the mirror is checked are outside of what is checked', async () => {
  await write(records());
  await using application = await startMirror(mirror);
  await untilCopied(application, count);
  const checking = check('--settle=3s');
  const later = ['z-0', 'z-1', 'z-2'].map((id) => recordOf({ id, status: 'open', amountCents: 1 }));
  await write(later, count);
  const result = await checking;
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('pass');
});

test('copies that retention has removed are not judged, and a check of the later records passes', async () => {
  await write(records());
  await mirrored(count);
  const access = { bootstrapServers, client: {}, timeoutMs: 20_000 };
  await deleteRecordsBelow(access, mirror.copy, new Map([[0, 2]]));
  const result = await check();
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe('inconclusive');
  expect(result.notChecked.join(' ')).toMatch(
    /2 records not seen in the store.*partition 0 begins at offset 2/s,
  );
  expect((await check('--from=0:2,1:0,2:0')).verdict).toBe('pass');
});
