/**
 * Which version of each request both sides know. Each connection asks its broker once: the brokers of a cluster may differ.
 * Requests of groups and topics are not here, since the client library negotiates those itself.
 */
import { apiVersionsV1, type Connection } from '@platformatic/kafka';
import { unavailableError } from '../../errors.ts';
import { withErrorCodes } from './kafka-errors.ts';

interface Versions {
  min: number;
  max: number;
}

/** The requests that nodrop writes itself, by Kafka's names: their keys, and the versions that nodrop knows. */
export const ownRequests = {
  Produce: { key: 0, min: 7, max: 9 },
  Fetch: { key: 1, min: 11, max: 13 },
  ListOffsets: { key: 2, min: 2, max: 7 },
  Metadata: { key: 3, min: 8, max: 12 },
  InitProducerId: { key: 22, min: 0, max: 4 },
} as const;

/** The requests of transactions, in the one version of each that nodrop speaks. */
const transactionRequests = {
  FindCoordinator: { key: 10, min: 4, max: 4 },
  InitProducerId: { key: 22, min: 4, max: 4 },
  AddPartitionsToTxn: { key: 24, min: 3, max: 3 },
  EndTxn: { key: 26, min: 3, max: 3 },
} as const;

export type RequestName = keyof typeof ownRequests;

/** The versions that a broker knows, by key. */
export type BrokerVersions = ReadonlyMap<number, Versions>;

const asked = new WeakMap<Connection, Promise<BrokerVersions>>();
const known = new WeakMap<Connection, BrokerVersions>();

/** Asks the broker, unless it has answered on this connection before. Returns the connection. */
export async function negotiated(connection: Connection): Promise<Connection> {
  if (known.has(connection)) return connection;
  let asking = asked.get(connection);
  if (asking === undefined) {
    asking = brokerVersions(connection);
    asked.set(connection, asking);
    // After an error, the next caller asks again.
    asking.catch(() => asked.delete(connection));
  }
  known.set(connection, await asking);
  return connection;
}

/** Version 1 of the request is known to every broker since 0.10. */
export async function brokerVersions(connection: Connection): Promise<BrokerVersions> {
  const { apiKeys } = await withErrorCodes(apiVersionsV1.api.async(connection, 'nodrop', '1'));
  return new Map(apiKeys.map(({ apiKey, minVersion: min, maxVersion: max }) => [apiKey, { min, max }]));
}

/** The newest version that both sides know. The newest that nodrop knows, if the broker was not asked. */
export function versionOf(connection: Connection, name: RequestName): number {
  const own = ownRequests[name];
  const broker = known.get(connection);
  const version = broker === undefined ? own.max : commonVersion(broker, own);
  if (version !== undefined) return version;
  throw unavailableError(`The broker at ${connection.host}:${connection.port} ${gap(broker!, name, own)}.`);
}

/** Throws `unavailable` if the broker was asked, and does not speak what transactions need. */
export function checkTransactions(connection: Connection): void {
  const broker = known.get(connection);
  for (const [name, own] of Object.entries(transactionRequests)) {
    if (broker === undefined || commonVersion(broker, own) !== undefined) continue;
    throw unavailableError(`The broker at ${connection.host}:${connection.port} ${gap(broker, name, own)}.`, {
      hint: 'Without --transactional, the run does not need that request.',
    });
  }
}

interface OwnRequest extends Versions {
  key: number;
}

function commonVersion(broker: BrokerVersions, own: OwnRequest): number | undefined {
  const { min, max } = broker.get(own.key) ?? { min: 0, max: -1 };
  const version = Math.min(own.max, max);
  return version >= Math.max(own.min, min) ? version : undefined;
}

/** The newest version of each request that both sides know. */
export const newestCommon = (broker: BrokerVersions): [RequestName, number][] =>
  (Object.keys(ownRequests) as RequestName[]).flatMap((name) => {
    const version = commonVersion(broker, ownRequests[name]);
    return version === undefined ? [] : [[name, version]];
  });

/** What keeps a broker from being used, for each request; empty if nothing does. */
export const gapsOf = (broker: BrokerVersions): string[] =>
  (Object.keys(ownRequests) as RequestName[])
    .filter((name) => commonVersion(broker, ownRequests[name]) === undefined)
    .map((name) => gap(broker, name, ownRequests[name]));

function gap(broker: BrokerVersions, name: string, { key, min, max }: OwnRequest): string {
  const theirs = broker.get(key);
  const range = theirs === undefined ? 'does not know' : `speaks versions ${theirs.min} to ${theirs.max} of`;
  return `${range} ${name} (API ${key}), and nodrop speaks ${min === max ? min : `${min} to ${max}`}`;
}
