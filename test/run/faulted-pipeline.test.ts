import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { RunPipeline } from '../../src/run/faulted-pipeline.ts';
import { runManifest } from '../fixtures/run-manifest.ts';

test.each([
  ['existed before', { topic: 'nodrop-r', topicCreated: false }, 'existed before the run'],
  ['was named by the user', { topic: 'orders', topicCreated: true }, 'has a name that the user chose'],
])(
  'on an existing cluster, faults neither delete nor publish records in a topic that %s',
  async (_, manifest, why) => {
    const folder = new RunFolder(mkdtempSync(join(tmpdir(), 'nodrop-pipeline-')), 'r');
    folder.create();
    folder.writeManifest({ ...runManifest(1), ...manifest });
    const pipeline = new RunPipeline(
      { folder, topic: manifest.topic, group: 'mine', settings: {}, store: folder.store },
      { producers: [], consumers: [], startOneMore: () => expect.unreachable() },
      { bootstrapServers: '127.0.0.1:1', broker: undefined, startMs: null, links: undefined },
      new AbortController().signal,
    );
    await expect(pipeline.deleteRecords()).rejects.toThrow(why);
    await expect(pipeline.publish([null])).rejects.toThrow(why);
    await expect(pipeline.deleteOffsets(new AbortController().signal)).rejects.toThrow(
      /group mine has a name/,
    );
  },
);
