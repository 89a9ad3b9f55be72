/** A store yields the same rows if it is read in a thread as without one. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, test } from 'vitest';
import { digestOf, digestText } from '../../../src/workload/digest.ts';
import { RunMessages } from '../../../src/audit/run-evidence/run-messages.ts';
import { openStoreHop, type OpenStoreHop } from '../../../src/audit/run-evidence/store-hop.ts';
import { openThreadedStoreHop } from '../../../src/audit/run-evidence/threaded-store-hop.ts';
import { defaultEngine, openStore } from '../../../src/stores/engines.ts';
import { RowBatch } from '../../../src/stores/store.ts';
import { messageId, Workload } from '../../../src/workload/workload.ts';
import { runManifest } from '../../fixtures/run-manifest.ts';

/** More messages than one batch of a hop holds. */
const count = 10_000;
const manifest = runManifest(count);
const path = join(mkdtempSync(join(tmpdir(), 'nodrop-threaded-')), 'store.sqlite');
const location = defaultEngine.files.locationOf(path);
const spool = `${path}.spool`;

beforeAll(async () => {
  const workload = new Workload(manifest);
  const rows = new RowBatch();
  for (let sequence = 0; sequence < count; sequence++) {
    const message = workload.message(0, sequence);
    const [key, payload] = [Buffer.from(message.key), Buffer.from(message.payload)];
    const digest = digestText(digestOf(key, payload, { run: 'r', producer: 'p0', session: 0, sequence }));
    const [category, id] = [message.state, messageId(0, sequence)];
    const place = { partition: 0, offset: sequence, run: 'r', producer: 'p0', sequence };
    rows.add({ category, key, payload, digest, id, ...place });
  }
  const letter = { partition: 0, offset: count, key: null, payload: null, headers: null, reason: 'why' };
  rows.deadLetters.push(letter);
  const store = await openStore(location, { categories: manifest.states.map(({ name }) => name) });
  await store.claim({ run: 'r', topic: 't', topicId: 'topic-id' }, new Map([[0, 0]]));
  await store.write('topic-id', rows, [{ partition: 0, from: 0, next: count + 1, epoch: 1 }]);
  await store.close();
});

interface Said {
  rows: unknown[];
  whole: boolean;
  problem: string | undefined;
}

/** What each row says. The numbers of names and differences depend on the reader, so these stand for them. */
async function saidBy({ hop, close }: OpenStoreHop, messages: RunMessages): Promise<Said> {
  const rows: unknown[] = [];
  for await (const batch of hop.batches()) {
    for (let row = 0; row < batch.count; row++) {
      const [message, content] = [batch.message[row]!, batch.content[row]!];
      rows.push([
        message === -1 ? 'nobody' : messages.name(message).id,
        content < 2 ? content : messages.differences[content - 2],
        batch.category[row],
        batch.partition[row],
        batch.offset[row],
      ]);
    }
  }
  await close();
  return { rows, whole: hop.whole, problem: hop.problem };
}

async function bothWays(): Promise<[Said, Said]> {
  const [here, there] = [new RunMessages(manifest), new RunMessages(manifest)];
  // The thread numbers names and differences from its own start: these must not be mixed up with those.
  there.other({ id: 'known before' });
  there.contentOf('known before');
  const plain = await openStoreHop(location, manifest, here);
  const threaded = await openThreadedStoreHop(location, manifest, there, spool);
  expect([threaded.hop.positions, threaded.categories]).toEqual([plain.hop.positions, plain.categories]);
  return [await saidBy(plain, here), await saidBy(threaded, there)];
}

test('right rows and a dead letter are read in a thread as without one', async () => {
  const [plain, threaded] = await bothWays();
  expect(threaded).toEqual(plain);
  expect(plain.rows).toHaveLength(count + 1);
  expect(plain).toMatchObject({ whole: true });
  const right = plain.rows.filter((row) => (row as number[])[1] === 1);
  expect(right).toHaveLength(count);
});

test('altered rows (unknown ids, damaged contents, other types) are read in a thread as without one', async () => {
  const database = new DatabaseSync(path);
  database.exec(`
    UPDATE failed SET id = 'x' || id WHERE "offset" % 1000 < 5;
    UPDATE failed SET id = 'p7-' || "offset" WHERE "offset" % 1000 BETWEEN 5 AND 9;
    UPDATE failed SET id = NULL WHERE "offset" % 1000 BETWEEN 10 AND 14;
    UPDATE failed SET run = 'another' WHERE "offset" % 1000 BETWEEN 15 AND 19;
    UPDATE completed SET payload = zeroblob(200) WHERE "offset" % 1000 < 10;
    UPDATE completed SET digest = upper(digest) WHERE "offset" % 1000 BETWEEN 10 AND 19;
    UPDATE completed SET "offset" = 'abc' || "offset" WHERE "offset" % 1000 BETWEEN 20 AND 29;
    UPDATE completed SET stored_at = 'now' WHERE "offset" % 1000 BETWEEN 30 AND 39`);
  database.close();
  const [plain, threaded] = await bothWays();
  expect(threaded).toEqual(plain);
  const contents = new Set(plain.rows.map((row) => (row as unknown[])[1]));
  expect(contents.size).toBeGreaterThan(100);
});

test('a store that cannot be read is missing evidence, and the problem says why', async () => {
  writeFileSync(path, 'no database');
  const messages = new RunMessages(manifest);
  const { hop, close } = await openThreadedStoreHop(location, manifest, messages, spool);
  expect([hop.whole, hop.problem]).toEqual([false, expect.stringContaining('not a database')]);
  expect(await Array.fromAsync(hop.batches())).toEqual([]);
  expect(existsSync(spool)).toBe(false);
  await close();
});
