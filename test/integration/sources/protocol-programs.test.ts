/** The sources of `examples/protocol` produce what they are given. */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { createTopic } from '../../../src/kafka/client/topics.ts';
import { openSource } from '../../../src/sources/open-source.ts';
import { outgoing, sourceOptions } from '../../fixtures/outgoing.ts';
import { hasKcat, protocolFolder } from '../../fixtures/protocol-programs.ts';
import { recordsOf } from '../../fixtures/topic-records.ts';

const bootstrapServers = inject('bootstrapServers');

test.skipIf(!hasKcat).each(['python3 source.py', 'bash source.sh'])(
  '%s produces each message with its key, headers and value',
  async (program) => {
    const topic = `protocol-${randomUUID()}`;
    await createTopic({ bootstrapServers, client: {}, timeoutMs: 20_000 }, topic, 1);
    const source = await openSource(
      { command: `${program} ${topic}`, cwd: protocolFolder },
      sourceOptions({ bootstrapServers, timeoutMs: 30_000 }),
    );
    try {
      const sending = Promise.all([
        source.send([outgoing(0, { sku: 'é', n: [1, 2.5] }, { key: 'k 1', headers: { a: 'b=c', d: 'é' } })]),
        source.send([outgoing(1, 'line 1\nline 2')]),
      ]);
      expect(await source.end()).toEqual([]);
      expect((await sending).flat()).toEqual([{ outcome: 'acked' }, { outcome: 'acked' }]);
    } finally {
      await source.close();
    }
    const place = { partition: 0 };
    expect(await recordsOf(bootstrapServers, topic, ['a', 'd'])).toEqual([
      { ...place, offset: 0, key: 'k 1', value: '{"sku":"é","n":[1,2.5]}', headers: { a: 'b=c', d: 'é' } },
      { ...place, offset: 1, key: null, value: 'line 1\nline 2', headers: {} },
    ]);
  },
);
