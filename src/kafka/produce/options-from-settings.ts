/** A producer's options as the client settings say. */
import type { ClientSettings } from '../client/client-settings.ts';
import { inFlightMaxDefault, type ProducerOptions } from './produce.ts';

/** `timeoutMs` stands for limits that the settings leave open. */
export const producerOptions = (settings: ClientSettings, timeoutMs: number): ProducerOptions => ({
  acks: acksOf(settings),
  idempotent: isIdempotent(settings),
  requestTimeoutMs: Math.min(Number(settings['request.timeout.ms'] ?? 30_000), timeoutMs),
  deliveryTimeoutMs: Number(settings['delivery.timeout.ms'] ?? timeoutMs),
  inFlightMax: Number(settings['max.in.flight.requests.per.connection'] ?? inFlightMaxDefault),
});

const acksOf = ({ acks = 'all' }: ClientSettings): ProducerOptions['acks'] =>
  ({ all: -1, '-1': -1, '1': 1, '0': 0 } as const)[acks] ?? -1;

/** As in Java's producer: by default, if all replicas are to acknowledge. */
export const isIdempotent = (settings: ClientSettings): boolean =>
  settings['enable.idempotence'] === undefined
    ? acksOf(settings) === -1
    : settings['enable.idempotence'] === 'true';
