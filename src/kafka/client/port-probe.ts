/**
 * Finds out why a broker closes a connection without a word: a port without TLS does so in a TLS handshake, and a port
 * that wants a login does so at the first request. No login is sent, and nothing else that is secret.
 */
import { Connection, apiVersionsV1, saslHandshakeV1, type Broker } from '@platformatic/kafka';
import { connectionOptions, type ClientOptions } from './client-options.ts';
import {
  LoginWantedError,
  PlainPortError,
  isClosed,
  isHandshakeCut,
  isTlsWanted,
} from './connection-problem.ts';
import { withErrorCodes } from './kafka-errors.ts';

const answerMsMax = 2_000;
/** Kafka's code for a mechanism that a broker does not offer. It also lists those that it does. */
const unsupportedMechanism = 33;

/** The reason that a connection with these options failed with `error`; undefined if it is something else. */
export async function reasonOf(
  error: unknown,
  brokers: readonly Broker[],
  client: ClientOptions,
): Promise<Error | undefined> {
  for (const broker of brokers) {
    if (client.tls !== undefined && isHandshakeCut(error)) {
      const { tls: _, sasl, ...plain } = client;
      if ('answer' in (await firstAnswer(broker, plain))) return new PlainPortError(sasl !== undefined);
    }
    if (!isClosed(error)) continue;
    if (client.sasl === undefined) {
      const mechanisms = await mechanismsOf(broker, client);
      if (mechanisms !== undefined) return new LoginWantedError(mechanisms);
    } else if (client.tls === undefined) {
      // The library loses this error in a login.
      const { sasl: _, ...anonymous } = client;
      const found = await firstAnswer(broker, anonymous);
      if ('error' in found && isTlsWanted(found.error)) return found.error as Error;
    }
  }
  return undefined;
}

type Probed<T> = { answer: T } | { error: unknown };

/** The answer to the first request on a connection, which any broker answers without a login. */
const firstAnswer = (broker: Broker, client: ClientOptions): Promise<Probed<unknown>> =>
  probe(broker, client, (connection) => apiVersionsV1.api.async(connection, 'nodrop', '1'));

/** The mechanisms that a broker offers for a login; undefined if it wants none. */
async function mechanismsOf(broker: Broker, client: ClientOptions): Promise<string[] | undefined> {
  const probed = await probe(broker, client, (connection) =>
    withErrorCodes(saslHandshakeV1.api.async(connection, 'NONE')),
  );
  const isOffer = 'answer' in probed && probed.answer.errorCode === unsupportedMechanism;
  return isOffer ? probed.answer.mechanisms : undefined;
}

/** Asks once, on a connection of its own. */
async function probe<T>(
  broker: Broker,
  client: ClientOptions,
  ask: (connection: Connection) => Promise<T>,
): Promise<Probed<T>> {
  const options = connectionOptions([broker], client, answerMsMax);
  const connection = new Connection('nodrop-probe', { ...options, requestTimeout: answerMsMax });
  connection.on('error', () => undefined);
  try {
    await connection.connect(broker.host, broker.port);
    return { answer: await ask(connection) };
  } catch (error) {
    return { error };
  } finally {
    connection.socket?.destroy();
  }
}
