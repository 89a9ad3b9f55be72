import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openConsumerStore, type WorkingConsumer } from '../../../src/pipeline/consumer/consumer-store.ts';
import { JournalReader } from '../../../src/run-folder/journal/journal-reader.ts';
import { JournalWriter } from '../../../src/run-folder/journal/journal-writer.ts';
import { RunFolder } from '../../../src/run-folder/run-folder.ts';
import { engineOf, writerOf } from '../../../src/stores/engines.ts';
import { batchOf, categories, placesOf, topic, topicId } from '../../fixtures/store-batches.ts';

const { signal } = new AbortController();

test('the journal and a planted store get a batch once, even if the write is tried several times', async () => {
  const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-consumer-store-')), 'run-1');
  folder.create();
  const opening = { run: folder.id, topicId, store: 's', categories, pid: 1 };
  const journal = new JournalWriter(folder.file('journal-1.bin'), opening);
  const noted = (): string[] => [...new JournalReader(journal.path).entries()].map(({ type }) => type);
  const notedAtPlanted: string[][] = [];
  let isOver = false;
  const opened = await openConsumerStore(
    { folder, store: folder.store, categories, storeTimeoutMs: 20_000 },
    {
      reach: undefined,
      wrapStore: (store) => ({
        claim: (claimed, begin) => store.claim(claimed, begin),
        offsets: (id) => store.offsets(id),
        close: () => store.close(),
        write: async (...args) => {
          notedAtPlanted.push(noted());
          await store.write(...args);
          isOver = true;
        },
      }),
    },
    signal,
  );
  const store = opened.journaled({} as WorkingConsumer, journal);
  const claims = await store.claim(topic, new Map([[0, 0]]));
  const unlock = await writerOf(engineOf(folder.store)).lock(folder.store, signal);
  const written = store.write(topicId, batchOf([0, 0, 0]), [
    { partition: 0, from: 0, next: 1, epoch: claims.get(0)!.epoch },
  ]);
  // Longer than SQLite itself waits for a lock.
  await sleep(600);
  expect(isOver).toBe(false);
  await unlock();
  await written;
  expect(notedAtPlanted).toEqual([['delivered']]);
  expect(noted()).toEqual(['delivered', 'written']);
  await opened.close();
  expect(await placesOf(folder.store)).toEqual(['failed 0:0']);
});
