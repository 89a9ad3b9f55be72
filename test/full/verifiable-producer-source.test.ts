/** Apache's own VerifiableProducer as a source, on a real broker. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { findRuntime } from '../../src/kafka/broker/runtime.ts';
import { createTopic } from '../../src/kafka/client/topics.ts';
import { openReportedSource, type ReportingSource } from '../../src/sources/open-source.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { sourceOptions } from '../fixtures/outgoing.ts';
import { recordsOf } from '../fixtures/topic-records.ts';

const bootstrapServers = inject('bootstrapServers');

async function sourceInto(topic: string, ...args: string[]): Promise<ReportingSource> {
  await createTopic({ bootstrapServers, client: {}, timeoutMs: 20_000 }, topic, 2);
  const { java, env } = await findRuntime({});
  return {
    command: [
      java.path,
      'org.apache.kafka.tools.VerifiableProducer',
      `--bootstrap-server=${bootstrapServers}`,
      `--topic=${topic}`,
      ...args,
    ],
    env,
    protocol: 'verifiable-producer',
  };
}

test('its report is whole, and names the place of each record', async () => {
  const topic = `verifiable-${randomUUID()}`;
  const config = await sourceInto(topic, '--max-messages=500', '--value-prefix=3', '--repeating-keys=5');
  const source = await openReportedSource(config, sourceOptions({ bootstrapServers, timeoutMs: 30_000 }));
  try {
    const sends = await Array.fromAsync(source.sends());
    expect(await source.end()).toEqual([]);
    expect(sends).toHaveLength(500);
    expect(sends.every(({ outcome }) => outcome === 'acked')).toBe(true);
    const places = sends.map(({ key, value, partition, offset }) => ({ partition, offset, key, value }));
    const records = await recordsOf(bootstrapServers, topic);
    expect(places.toSorted((a, b) => a.partition! - b.partition! || a.offset! - b.offset!)).toEqual(
      records.map(({ partition, offset, key, value }) => ({ partition, offset, key, value })),
    );
  } finally {
    await source.close();
  }
});

/** Lets it send some messages, and then sends it a signal. Returns what it reported, and what makes that doubtful. */
async function endedBy(
  topic: string,
  signal: NodeJS.Signals,
): Promise<{ sends: number; doubts: readonly string[] }> {
  const config = await sourceInto(topic, '--throughput=500');
  const file = join(newDir(), 'pid');
  const command = ['/bin/sh', '-c', `echo $$ > ${file}; exec "$0" "$@"`, ...(config.command as string[])];
  const options = sourceOptions({ bootstrapServers, timeoutMs: 30_000 });
  const source = await openReportedSource({ ...config, command }, options);
  try {
    const sending = Array.fromAsync(source.sends());
    await expect.poll(async () => (await recordsOf(bootstrapServers, topic)).length).toBeGreaterThan(100);
    process.kill(Number(readFileSync(file, 'utf8')), signal);
    const sends = (await sending).length;
    return { sends, doubts: await source.end() };
  } finally {
    await source.close();
  }
}

test('killed in its middle, it has a report that is not whole', async () => {
  const topic = `verifiable-${randomUUID()}`;
  const { sends, doubts } = await endedBy(topic, 'SIGKILL');
  expect(sends).toBeGreaterThan(0);
  expect((await recordsOf(bootstrapServers, topic)).length).toBeGreaterThanOrEqual(sends);
  expect(doubts).toEqual([
    'In the source, the program sh was ended by SIGKILL.',
    'In the source, the program sh was cut off: it did not print shutdown_complete.',
    'In the source, the program sh did not print how many messages it has sent (tool_data).',
  ]);
});

test('asked to end in its middle, it reports all that it has sent', async () => {
  const topic = `verifiable-${randomUUID()}`;
  const { sends, doubts } = await endedBy(topic, 'SIGTERM');
  expect(doubts).toEqual([]);
  expect(await recordsOf(bootstrapServers, topic)).toHaveLength(sends);
});
