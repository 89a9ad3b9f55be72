/** One broker as a client sees it: its address, its TLS, its login, and what it says of its cluster. */
import { Connection, type Broker } from '@platformatic/kafka';
import { lookup } from 'node:dns/promises';
import type { TLSSocket } from 'node:tls';
import { brokerVersions, negotiated, type BrokerVersions } from './api-versions.ts';
import { connectionOptions, type ClientOptions } from './client-options.ts';
import { connectionProblem, isRefusal, type Problem } from './connection-problem.ts';
import { askMetadata, type Metadata } from './metadata-request.ts';
import { reasonOf } from './port-probe.ts';

export interface BrokerLook {
  /** The addresses that its host name has; empty if it does not resolve. */
  resolved: string[];
  /** What keeps a client from using it; undefined if nothing does. */
  problem: Problem | undefined;
  /** From the beginning to the last answer. */
  elapsedMs: number;
  /** `TLSv1.3`, and the end of the certificate's time; undefined without TLS. */
  tls: { version: string; validTo: string } | undefined;
  /** Empty if it did not answer. */
  versions: BrokerVersions;
  /** All brokers of the cluster, at the addresses that they advertise. */
  brokers: Metadata['brokers'];
}

/** Connects, logs in, and asks for versions and brokers. It never throws for what is wrong with the broker. */
export async function lookAtBroker(
  broker: Broker,
  client: ClientOptions,
  timeoutMs: number,
): Promise<BrokerLook> {
  const began = performance.now();
  const connection = new Connection('nodrop-doctor', {
    ...connectionOptions([broker], client, timeoutMs),
    requestTimeout: timeoutMs,
  });
  let ending: unknown;
  connection.on('error', (error) => {
    ending = error;
  });
  const look: BrokerLook = {
    resolved: [],
    problem: undefined,
    elapsedMs: 0,
    tls: undefined,
    versions: new Map(),
    brokers: [],
  };
  try {
    look.resolved = (await lookup(broker.host, { all: true })).map(({ address }) => address);
    await connection.connect(broker.host, broker.port);
    if (client.tls !== undefined) look.tls = tlsOf(connection.socket as TLSSocket);
    look.versions = await brokerVersions(connection);
    look.brokers = (await askMetadata(await negotiated(connection), [])).brokers;
  } catch (error) {
    const told = [error, ending].find(isRefusal) ?? (await reasonOf(error, [broker], client)) ?? error;
    look.problem = connectionProblem(told, client);
  } finally {
    connection.socket?.destroy();
  }
  look.elapsedMs = Math.round(performance.now() - began);
  return look;
}

const tlsOf = (socket: TLSSocket): NonNullable<BrokerLook['tls']> => ({
  version: socket.getProtocol() ?? 'TLS',
  validTo: socket.getPeerCertificate().valid_to,
});
