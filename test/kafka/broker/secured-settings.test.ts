import { expect, test } from 'vitest';
import { brokerProperties } from '../../../src/kafka/broker/broker-settings.ts';
import { isSecuredProperty, securityOf } from '../../../src/kafka/broker/secured-settings.ts';
import { securityKinds } from '../../../src/kafka/broker/security-kind.ts';
import { parseProperties } from '../../../src/kafka/client/parse-properties.ts';

const broker = {
  nodeId: 1,
  dataDir: '/data',
  port: 1,
  controllerPort: 2,
  brokerPort: 3,
  listeners: [
    { name: 'PRODUCER', port: 4, advertisedPort: 5, isInterBroker: false },
    { name: 'REPLICATION', port: 6, advertisedPort: 7, isInterBroker: true },
  ],
};
const cluster = { kafkaVersion: '4.3.1', clusterId: 'x', brokers: [broker], zookeeperPort: undefined };

const propertiesOf = (security: Parameters<typeof brokerProperties>[1]['security']): Record<string, string> =>
  Object.fromEntries(
    parseProperties(brokerProperties(broker, { ...cluster, security }), 'x').map(({ name, value }) => [
      name,
      value,
    ]),
  );

test.each(securityKinds)(
  'no listener of a broker secured with %s is in clear, and each of clients wants the same',
  (kind) => {
    const properties = propertiesOf({ kind, folder: '/files', tokenUrl: 'http://127.0.0.1:1' });
    const forClients = kind.startsWith('sasl') ? 'SASL_SSL' : 'SSL';
    expect(properties['listener.security.protocol.map']).toBe(
      `CLIENT:${forClients},PRODUCER:${forClients},REPLICATION:SSL,BROKER:SSL,CONTROLLER:SSL`,
    );
    expect(properties['inter.broker.listener.name']).toBe('REPLICATION');
    expect(properties['ssl.client.auth']).toBe('required');
    const ofListener = (name: string): [string, string][] =>
      Object.entries(properties).flatMap(([key, value]) =>
        key.startsWith(`listener.name.${name}.`) ? [[key.slice(`listener.name.${name}.`.length), value]] : [],
      );
    expect(ofListener('client')).not.toEqual([]);
    expect(ofListener('producer')).toEqual(ofListener('client'));
    expect(ofListener('replication')).toEqual([]);
  },
);

test.each(securityKinds)(
  'the settings of a broker tell that it was secured with %s, and which are new at each start',
  (kind) => {
    const [secured, plain] = [
      propertiesOf({ kind, folder: '/files', tokenUrl: 'http://127.0.0.1:1' }),
      propertiesOf(undefined),
    ];
    expect(securityOf(secured)).toBe(kind);
    expect(securityOf(plain)).toBeUndefined();
    const added = Object.keys(secured).filter((name) => !Object.hasOwn(plain, name));
    expect(added.filter((name) => !isSecuredProperty(name))).toEqual([]);
    expect(Object.keys(plain).filter(isSecuredProperty)).toEqual([]);
  },
);
