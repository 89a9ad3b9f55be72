/** A user's pipeline, run from a test: nodrop's messages go through a program that nobody here wrote for nodrop. */
import { expect, inject, test } from 'vitest';
import '../../src/matchers/vitest.ts';
import { runPipeline } from '../../src/index.ts';
import type { Config } from '../../src/config/config.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { randomUUID } from 'node:crypto';

/** An application on kafkajs that forwards `NAME` to `NAME.out`. `bug`: what it does wrong. */
function forwarding(name: string, bug = ''): Config {
  return {
    kafka: { bootstrapServers: inject('bootstrapServers') },
    processes: {
      forwarder: {
        command: [process.execPath, 'test/fixtures/forwarder.cjs', name],
        ready: { group: `${name}-group` },
        env: { BUG: bug },
      },
    },
    pipelines: {
      orders: {
        source: { topic: name },
        messages: { count: 200 },
        sinks: {
          out: {
            topic: `${name}.out`,
            compare: { 'json:sequence': 'json:sequence' },
            group: `${name}-group`,
          },
        },
        settle: '1s',
      },
    },
  };
}

const newName = (): string => `p${randomUUID().slice(0, 8)}`;

test('a healthy application has lost nothing', async () => {
  const result = await runPipeline(forwarding(newName()), 'orders', { dir: newDir() });
  expect(result).toHaveLostNothing();
  expect(result).toMatchObject({
    root: 'ledger',
    acknowledged: { right: 200 },
    pipeline: { name: 'orders' },
  });
});

test.each([
  ['lose', 'lost'],
  ['double', 'duplicated'],
  ['change', 'corrupted'],
])('an application that may %s a message is blamed, and the message is named', async (bug, kind) => {
  const result = await runPipeline(forwarding(newName(), bug), 'orders', { dir: newDir() });
  expect(result.findings).toMatchObject([
    { kind, blame: 'consumer', hop: 'out', count: 1, examples: [{ id: `${result.run.id}-17` }] },
  ]);
  expect(() => expect(result).toHaveLostNothing()).toThrow(`FAIL  From the producer on: 1 ${kind} at out`);
});
