/** The configs of the example applications: each one runs as it stands, and a healthy application passes. */
import { expect, test } from 'vitest';
import { proveExample, type ExampleOptions } from '../fixtures/applications/prove-example.ts';
import type { Preparation } from '../fixtures/applications/example-config.ts';
import { pythonMissing } from '../fixtures/applications/python-consumer.ts';
import type { PipelineRun } from '../../src/index.ts';

const count = 200;

const run = (example: string, preparation: Preparation, options?: ExampleOptions): Promise<PipelineRun> =>
  proveExample(example, preparation, { messages: count, ...options });

const pass = { verdict: 'pass', findings: [], root: 'ledger', acknowledged: { right: count } };

test.each([
  ['kafka-streams', 'package'],
  ['mirror-maker', 'dependency:copy-dependencies'],
  ['connect-worker', 'dependency:copy-dependencies'],
  ['kafkajs-consumer', 'none'],
] as const)('the pipeline of %s passes', async (example, preparation) => {
  expect(await run(example, preparation)).toMatchObject(pass);
});

test.skipIf(pythonMissing !== undefined)('the pipeline of python-consumer passes', async () => {
  expect(await run('python-consumer', 'venv')).toMatchObject(pass);
});

test('an order that the Streams application drops is lost at its output', async () => {
  const { findings } = await run('kafka-streams', 'package', { env: { ORDERS_BUG: 'drops-cancelled' } });
  expect(findings).toMatchObject([{ kind: 'lost', blame: 'consumer', hop: 'enriched' }]);
});

test('an event at which the kafkajs consumer has a bug is lost at its table', async () => {
  const env = { PLANTED_BUG: 'skip', PLANTED_AT: 'r1-17' };
  const { findings } = await run('kafkajs-consumer', 'none', { env, run: 'r1' });
  expect(findings).toMatchObject([
    { kind: 'lost', blame: 'consumer', hop: 'table', count: 1, examples: [{ id: 'r1-17' }] },
  ]);
});

test('the Spring Boot service passes although it is killed', async () => {
  const result = await run('spring-boot', 'package', { rate: 40, faults: ['kill-process:service@2s+1s'] });
  expect(result).toMatchObject({ verdict: 'pass', findings: [], faults: [{ tookEffect: true }] });
});

test('a key of the Spring Boot service that is not the customer is corrupted at the topic', async () => {
  const { findings } = await run('spring-boot', 'package', { env: { PLANTED_BUG: 'wrong-partition-key' } });
  expect(findings).toMatchObject([{ kind: 'corrupted', blame: 'producer', hop: 'topic', count }]);
});
