import { expect, test } from 'vitest';

import {
  brokerProperties,
  type BrokerPlan,
  type ClusterPlan,
} from '../../../src/kafka/broker/broker-settings.ts';

const plan = (nodeId: number, dataDir: string): BrokerPlan => ({
  nodeId,
  dataDir,
  port: 10 * nodeId,
  controllerPort: 10 * nodeId + 1,
});
const alone = plan(1, '/data');
const clusterOf = (brokers: BrokerPlan[], of: Partial<ClusterPlan> = {}): ClusterPlan => ({
  kafkaVersion: '4.3.1',
  clusterId: 'a-cluster',
  brokers,
  zookeeperPort: undefined,
  ...of,
});

test('characters that a Java properties file would misread are escaped', () => {
  const odd = plan(1, '/tmp/a b\\c=é');
  const text = brokerProperties(odd, clusterOf([odd]));
  expect(text).toContain('log.dirs=/tmp/a b\\\\c=\\u00e9\n');
  expect(text).toContain('listeners=PLAINTEXT://127.0.0.1:10,CONTROLLER://127.0.0.1:11\n');
});

test("the caller's settings override the defaults of nodrop", () => {
  const text = brokerProperties(alone, clusterOf([alone]), {
    'num.io.threads': '9',
    'message.max.bytes': '5',
  });
  expect(text.match(/num\.io\.threads=.*/g)).toEqual(['num.io.threads=9']);
  expect(text).toContain('message.max.bytes=5\n');
});

test('a cluster of three brokers has three replicas, two in-sync replicas at least, and three voters', () => {
  const brokers = [1, 2, 3].map((nodeId) => plan(nodeId, `/data-${nodeId}`));
  const text = brokerProperties(brokers[1]!, clusterOf(brokers));
  expect(text).toContain('node.id=2\n');
  expect(text).toContain('controller.quorum.voters=1@127.0.0.1:11,2@127.0.0.1:21,3@127.0.0.1:31\n');
  expect(text).toContain('default.replication.factor=3\n');
  expect(text).toContain('min.insync.replicas=2\n');
  expect(brokerProperties(alone, clusterOf([alone]))).toContain('min.insync.replicas=1\n');
});

test('settings that only newer Kafka versions know are not given to older ones', () => {
  expect(brokerProperties(alone, clusterOf([alone]))).toContain('share.coordinator.');
  const older = clusterOf([alone], { kafkaVersion: '3.9.2' });
  expect(brokerProperties(alone, older)).not.toContain('share.coordinator.');
});

test('with ZooKeeper, a broker is not a controller and has no controller listener', () => {
  const text = brokerProperties(alone, clusterOf([alone], { kafkaVersion: '3.9.2', zookeeperPort: 7 }));
  expect(text).toContain('broker.id=1\n');
  expect(text).toContain('zookeeper.connect=127.0.0.1:7\n');
  expect(text).toContain('\nlisteners=PLAINTEXT://127.0.0.1:10\n');
  expect(text).not.toMatch(/CONTROLLER|controller\.(quorum|listener)|process\.roles|node\.id/);
});

test('a listener is advertised under another host, and listens there only if that is an address', () => {
  const listener = (name: string, port: number, advertisedHost?: string) => ({
    name,
    port,
    advertisedHost,
    advertisedPort: port + 1,
    isInterBroker: false,
  });
  const listeners = [
    listener('A', 70),
    listener('B', 80, 'host.docker.internal'),
    listener('C', 90, '172.17.0.1'),
    listener('D', 60, 'fd00::1'),
  ];
  const text = brokerProperties({ ...alone, listeners }, clusterOf([alone]));
  expect(text).toContain(
    'A://127.0.0.1:70,B://127.0.0.1:80,C://172.17.0.1:90,D://[fd00::1]:60,CONTROLLER://127.0.0.1:11\n',
  );
  expect(text).toContain('A://127.0.0.1:71,B://host.docker.internal:81,C://172.17.0.1:91,D://[fd00::1]:61\n');
});
