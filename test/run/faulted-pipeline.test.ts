import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { RunPipeline } from '../../src/run/faulted-pipeline.ts';
import { runManifest } from '../fixtures/run-manifest.ts';

test.each([
  ['a topic that was there before', { topic: 'nodrop-r', topicCreated: false }, 'was there before the run'],
  ['a topic with a name of the user', { topic: 'orders', topicCreated: true }, 'has a name of yours'],
])("on somebody's cluster faults touch no records of %s", async (_, manifest, why) => {
  const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-pipeline-')), 'r');
  folder.create();
  folder.writeManifest({ ...runManifest(1), ...manifest });
  const pipeline = new RunPipeline(
    {
      brokers: [],
      producers: [],
      consumers: [],
      links: new Map(),
      bootstrapServers: '127.0.0.1:1',
      settings: {},
      topic: manifest.topic,
      folder,
      store: folder.store,
      consumer: { args: [], bootstrapServers: '127.0.0.1:1' },
    },
    new AbortController().signal,
  );
  await expect(pipeline.deleteRecords()).rejects.toThrow(why);
  await expect(pipeline.publish([null])).rejects.toThrow(why);
});
