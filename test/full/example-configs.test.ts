/** The configs of the example applications: each one runs as it stands, and a healthy application passes. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { Client } from 'pg';
import { preparedConfig, type Preparation } from '../fixtures/applications/example-config.ts';
import { pythonMissing } from '../fixtures/applications/python-consumer.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { runPipeline, type PipelineRun, type RunPipelineOptions } from '../../src/index.ts';
import { freePorts, loopback } from '../../src/system/ports.ts';

const { location, password } = inject('postgres');
const { hostname: host, port, username: user } = new URL(location);
const count = 200;

let admin: Client;
/** That of the test. */
let databaseName: string;

beforeAll(async () => {
  admin = new Client({ host, port: Number(port), user, password, database: 'postgres' });
  await admin.connect();
});

afterAll(() => admin.end());

beforeEach(async () => {
  databaseName = `shop_${randomUUID().slice(0, 8)}`;
  await admin.query(`create database ${databaseName}`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await admin.query(`drop database ${databaseName} with (force)`);
});

/** Runs the pipeline of an example with this environment. */
async function run(
  example: string,
  preparation: Preparation,
  { env = {}, ...options }: { env?: Readonly<Record<string, string>> } & RunPipelineOptions = {},
): Promise<PipelineRun> {
  const listener = String((await freePorts(1))[0]);
  const all = {
    DATABASE_URL: `postgres://${user}@${host}:${port}/${databaseName}`,
    PGPASSWORD: password,
    CONNECT_LISTENER: `http://${loopback}:${listener}`,
    JDBC_URL: `jdbc:postgresql://${host}:${port}/${databaseName}`,
    JDBC_USER: user,
    JDBC_PASSWORD: password,
    SPRING_DATASOURCE_USERNAME: user,
    SPRING_DATASOURCE_PASSWORD: password,
    SERVER_PORT: listener,
    ...env,
  };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  const changes = { '8080': listener, '/shop': `/${databaseName}` };
  const path = await preparedConfig(example, preparation, changes);
  return await runPipeline(path, 'orders', { dir: newDir(), messages: count, ...options });
}

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
