/** The settings of docker-compose.yml on real brokers: one in clear, one secured, one beside a ZooKeeper. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startKafka, type RunningKafka } from '../../src/kafka/broker/start-kafka.ts';
import { freePorts } from '../../src/system/ports.ts';
import { brokerSettingsOf, readComposeFile } from '../fixtures/compose-file.ts';
import { newDir, nodrop, type Ended } from '../fixtures/nodrop.ts';

const { services } = readComposeFile();

/** Settings that nodrop's own start determines, for a machine that others use, too. */
const places =
  /^(log\.dirs|node\.id|broker\.id|process\.roles|zookeeper\.connect|controller\.quorum\.voters)$/;

/** Starts a broker with the settings of a service, at other ports. `at`: its port for clients in the file. */
async function startAs(
  name: string,
  at: number,
  { secrets = '', ...options }: Parameters<typeof startKafka>[0] & { secrets?: string } = {},
): Promise<RunningKafka> {
  const settings = Object.entries(brokerSettingsOf(services[name]!)).filter(([key]) => !places.test(key));
  const text = JSON.stringify(Object.fromEntries(settings))
    .replaceAll('/etc/kafka/secrets', secrets)
    .replaceAll('://:', '://127.0.0.1:');
  const used = [...new Set([...text.matchAll(/:(90\d\d)\b/g)].map(([, port]) => Number(port)))];
  const free = await freePorts(used.length);
  const portOf = (port: number): number => free[used.indexOf(port)]!;
  const own = text.replaceAll(/:(90\d\d)\b/g, (_, port) => `:${portOf(Number(port))}`);
  const properties = JSON.parse(own) as Record<string, string>;
  const controller = used.includes(9093)
    ? { 'controller.quorum.voters': `1@localhost:${portOf(9093)}` }
    : undefined;
  return await startKafka({ ...options, port: portOf(at), properties: { ...properties, ...controller } });
}

async function runOn({ bootstrapServers }: RunningKafka, ...options: string[]): Promise<Ended> {
  const at = `--bootstrap-server=${bootstrapServers.replace('127.0.0.1', 'localhost')}`;
  return await nodrop(['run', at, `--dir=${newDir()}`, '--quiet', ...options]);
}

const passed = { code: 0, stderr: '' };

test('a run passes on a broker with the settings of the service kafka', async () => {
  await using kafka = await startAs('kafka', 9092);
  expect(await runOn(kafka)).toMatchObject(passed);
});

test('a run passes over TLS with a password on a broker with the settings of the service kafka-secured', async () => {
  const secrets = newDir();
  const { command = [], environment = {} } = services['kafka-secured']!;
  const script = command
    .at(-1)!
    .replace('/etc/kafka/secrets', secrets)
    .replace(/^exec .*$/m, '');
  const password = String(environment['KAFKA_SSL_KEYSTORE_PASSWORD']);
  const env = { ...process.env, KAFKA_SSL_KEYSTORE_PASSWORD: password };
  execFileSync('bash', ['-ec', script], { env, stdio: 'pipe' });
  await using kafka = await startAs('kafka-secured', 9094, { secrets });
  const settings = join(secrets, 'client.properties');
  writeFileSync(
    settings,
    [
      'security.protocol=SASL_SSL',
      'sasl.mechanism=PLAIN',
      'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="nodrop" password="development";',
      'ssl.truststore.type=PEM',
      `ssl.truststore.location=${join(secrets, 'ca.pem')}`,
    ].join('\n'),
  );
  expect(await runOn(kafka, `--command-config=${settings}`)).toMatchObject(passed);
});

test('a run passes on a broker beside a ZooKeeper with the settings of the service kafka-zookeeper', async () => {
  await using kafka = await startAs('kafka-zookeeper', 9096, { kafkaVersion: '3.9.2', zookeeper: true });
  expect(await runOn(kafka)).toMatchObject(passed);
});
