import { expect, test } from 'vitest';

import { brokerProperties, type BrokerPlan } from '../../src/kafka/broker-settings.ts';

const plan = (nodeId: number, dataDir: string): BrokerPlan => ({
  nodeId,
  dataDir,
  port: 10 * nodeId,
  controllerPort: 10 * nodeId + 1,
});
const alone = plan(1, '/data');

test('what a Java properties file would misread is escaped', () => {
  const odd = plan(1, '/tmp/a b\\c=é');
  const text = brokerProperties(odd, [odd]);
  expect(text).toContain('log.dirs=/tmp/a\\u0020b\\\\c\\=\\u00e9\n');
  expect(text).toContain('listeners=PLAINTEXT\\://127.0.0.1\\:10,CONTROLLER\\://127.0.0.1\\:11\n');
});

test("the caller's settings win", () => {
  const text = brokerProperties(alone, [alone], { 'num.io.threads': '9', 'message.max.bytes': '5' });
  expect(text.match(/num\.io\.threads=.*/g)).toEqual(['num.io.threads=9']);
  expect(text).toContain('message.max.bytes=5\n');
});

test('a cluster of three keeps three replicas, two in sync, and all of its brokers vote', () => {
  const cluster = [1, 2, 3].map((nodeId) => plan(nodeId, `/data-${nodeId}`));
  const text = brokerProperties(cluster[1]!, cluster);
  expect(text).toContain('node.id=2\n');
  expect(text).toContain('controller.quorum.voters=1@127.0.0.1\\:11,2@127.0.0.1\\:21,3@127.0.0.1\\:31\n');
  expect(text).toContain('default.replication.factor=3\n');
  expect(text).toContain('min.insync.replicas=2\n');
  expect(brokerProperties(alone, [alone])).toContain('min.insync.replicas=1\n');
});
