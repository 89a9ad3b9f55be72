/** A topic source without its topic: a broker may learn of a new topic late, so nodrop asks for 5 s. */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { openTopicSource } from '../../src/sources/topic/topic-source.ts';
import { sourceOptions } from '../fixtures/outgoing.ts';

test('a topic that is missing is wrong usage', async () => {
  const bootstrapServers = inject('bootstrapServers');
  const topic = `missing-${randomUUID()}`;
  const options = sourceOptions({ bootstrapServers, timeoutMs: 30_000 });
  await expect(openTopicSource({ topic }, options)).rejects.toMatchObject({
    code: 'usage',
    message: `There is no topic ${topic} at ${bootstrapServers}.`,
  });
});
