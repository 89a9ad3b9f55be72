/** On a cluster with access control, nodrop works with the permissions that it has, and names those that it lacks. */
import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  ResourcePatternTypes,
  ResourceTypes,
  type AclOperationValue,
  type ResourceTypeValue,
} from '@platformatic/kafka';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startKafka, type RunningKafka } from '../../src/kafka/broker/start-kafka.ts';
import type { Result } from '../../src/result/result.ts';
import { newDir, nodrop, type Ended } from '../fixtures/nodrop.ts';

const users = { pipeline: 'a password', auditor: 'another' };
const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
const dir = newDir();

let kafka: RunningKafka;
let address: string;
beforeAll(async () => {
  kafka = await startKafka({
    // Clients that log in have their own listener. The other listeners are for the broker itself and for the test.
    listeners: [
      {
        name: 'USERS',
        isInterBroker: false,
        proxy: (_, port) => {
          address = `127.0.0.1:${port}`;
          return Promise.resolve(port);
        },
      },
    ],
    properties: {
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,USERS:SASL_PLAINTEXT',
      'listener.name.users.sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.users.plain.sasl.jaas.config': `${login} ${Object.entries(users)
        .map(([name, password]) => `user_${name}="${password}"`)
        .join(' ')};`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  });
  await allow('pipeline', ResourceTypes.TOPIC, AclOperations.WRITE, AclOperations.READ, AclOperations.CREATE);
  await allow('pipeline', ResourceTypes.GROUP, AclOperations.READ, AclOperations.DELETE);
  await allow('pipeline', ResourceTypes.CLUSTER, AclOperations.IDEMPOTENT_WRITE);
  await allow('auditor', ResourceTypes.TOPIC, AclOperations.READ);
  for (const [name, password] of Object.entries(users)) {
    const jaas = `sasl.jaas.config=${login} username="${name}" password="${password}";`;
    const protocol = 'security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN';
    writeFileSync(settingsOf(name), `${protocol}\n${jaas}\n`, { mode: 0o600 });
  }
});
afterAll(() => kafka.stop());

async function allow(
  user: string,
  resourceType: ResourceTypeValue,
  ...granted: AclOperationValue[]
): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [kafka.bootstrapServers] });
  const resourceName = resourceType === ResourceTypes.CLUSTER ? 'kafka-cluster' : '*';
  const whose = { resourceType, resourceName, resourcePatternType: ResourcePatternTypes.LITERAL };
  await admin.createAcls({
    creations: granted.map((operation) => ({
      ...whose,
      principal: `User:${user}`,
      host: '*',
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  });
  await admin.close();
}

const settingsOf = (user: string): string => join(dir, `${user}.properties`);

const as = (user: string, command: string, ...args: string[]): Promise<Ended> => {
  const at = [`--dir=${dir}`, `--bootstrap-server=${address}`, `--command-config=${settingsOf(user)}`];
  return nodrop([command, ...args, ...at]);
};

const resultOf = ({ stdout }: Ended): Result => JSON.parse(stdout) as Result;

test('without DescribeConfigs a run passes, and the result names the permission and the unknown settings', async () => {
  const ended = await as('pipeline', 'run', '--run=p', '--messages=200', '--keep-topic', '--json');
  expect(ended.code, ended.stderr).toBe(0);
  expect(resultOf(ended)).toMatchObject({
    verdict: 'pass',
    log: { records: 200 },
    notChecked: [
      'Whether topic nodrop-p is compacted or allows unclean elections is not known: it takes the permission DescribeConfigs on topic nodrop-p.',
    ],
  });
});

test('without permission to describe the group, verify still scans, and names the permission', async () => {
  const ended = await as('auditor', 'verify', 'p', '--rescan', '--json');
  expect(ended.code, ended.stderr).toBe(0);
  expect(resultOf(ended)).toMatchObject({
    verdict: 'pass',
    notChecked: [
      expect.stringContaining('DescribeConfigs on topic nodrop-p'),
      'What group nodrop-p has committed is not known: it takes the permission Describe on group nodrop-p.',
    ],
  });
});
